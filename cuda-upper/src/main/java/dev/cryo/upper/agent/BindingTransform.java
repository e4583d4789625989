package dev.cryo.upper.agent;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.DynamicCallSiteDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;

/** Gives the native methods of a binding class bodies that call their translations, and has no library loaded. */
record BindingTransform(ClassDesc binding) implements ClassTransform {
    private static final String LOADER_OF_LIBRARIES = "jcuda/LibUtilsCuda";

    @Override
    public void accept(ClassBuilder builder, ClassElement element) {
        if (!(element instanceof MethodModel method)) {
            builder.with(element);
        } else if (method.flags().has(AccessFlag.NATIVE)) {
            redirect(builder, method);
        } else {
            builder.transformMethod(method, MethodTransform.transformingCode(withoutLibraries()));
        }
    }

    @Override
    public void atEnd(ClassBuilder builder) {
        LinkMethod.addTo(builder);
    }

    private void redirect(ClassBuilder builder, MethodModel method) {
        MethodTypeDesc type = method.methodTypeSymbol();
        DynamicCallSiteDesc site = LinkMethod.site(binding, method.methodName().stringValue(), type);
        builder.withMethodBody(
                method.methodName(),
                method.methodType(),
                method.flags().flagsMask() & ~ClassFile.ACC_NATIVE,
                code -> {
                    int slot = 0;
                    for (ClassDesc parameter : type.parameterList()) {
                        TypeKind kind = TypeKind.from(parameter);
                        code.loadLocal(kind, slot);
                        slot += kind.slotSize();
                    }
                    code.invokedynamic(site).return_(TypeKind.from(type.returnType()));
                });
    }

    private static CodeTransform withoutLibraries() {
        return (CodeBuilder code, CodeElement element) -> {
            if (element instanceof InvokeInstruction call
                    && call.owner().asInternalName().equals(LOADER_OF_LIBRARIES)) {
                code.pop2();
            } else {
                code.with(element);
            }
        };
    }
}
