package dev.cryo.upper.agent;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/** Lets JCuda's pointers ask the upper half for a buffer first, and go on as they were where it answers null. */
record PointerTransform(ClassDesc pointer) implements ClassTransform {
    private static final String ASKS_FIRST = "getByteBuffer";

    @Override
    public void accept(ClassBuilder builder, ClassElement element) {
        if (element instanceof MethodModel method && method.methodName().equalsString(ASKS_FIRST)) {
            builder.transformMethod(method, MethodTransform.transformingCode(new Asking(method.methodTypeSymbol())));
        } else {
            builder.with(element);
        }
    }

    @Override
    public void atEnd(ClassBuilder builder) {
        LinkMethod.addTo(builder);
    }

    private final class Asking implements CodeTransform {
        private final MethodTypeDesc type;

        Asking(MethodTypeDesc type) {
            this.type = type;
        }

        @Override
        public void atStart(CodeBuilder code) {
            Label goOn = code.newLabel();
            code.aload(0);
            int slot = 1;
            for (ClassDesc parameter : type.parameterList()) {
                TypeKind kind = TypeKind.from(parameter);
                code.loadLocal(kind, slot);
                slot += kind.slotSize();
            }
            code.invokedynamic(LinkMethod.site(pointer, ASKS_FIRST, type.insertParameterTypes(0, pointer)))
                    .dup()
                    .ifnull(goOn)
                    .areturn()
                    .labelBinding(goOn)
                    .pop();
        }

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
            code.with(element);
        }
    }
}
