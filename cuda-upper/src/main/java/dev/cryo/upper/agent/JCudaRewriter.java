package dev.cryo.upper.agent;

import static java.lang.constant.ConstantDescs.CD_CallSite;
import static java.lang.constant.ConstantDescs.CD_Class;
import static java.lang.constant.ConstantDescs.CD_Exception;
import static java.lang.constant.ConstantDescs.CD_MethodHandles_Lookup;
import static java.lang.constant.ConstantDescs.CD_MethodType;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_String;
import static java.lang.constant.ConstantDescs.CD_boolean;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.ExceptionsAttribute;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.DynamicCallSiteDesc;
import java.lang.constant.MethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.reflect.AccessFlag;
import java.security.ProtectionDomain;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites JCuda's two binding classes as they load: native methods get bodies that call their translation, and no
 * library is loaded. Stateless.
 */
final class JCudaRewriter implements ClassFileTransformer {
    private static final Set<String> BINDINGS = Set.of("jcuda/driver/JCudaDriver", "jcuda/runtime/JCuda");
    private static final String LOADER_OF_LIBRARIES = "jcuda/LibUtilsCuda";
    private static final String LINK = "$cryo$link";
    private static final String BRIDGE = "dev.cryo.upper.entry.Bridge";
    private static final MethodTypeDesc BOOTSTRAP =
            MethodTypeDesc.of(CD_CallSite, CD_MethodHandles_Lookup, CD_String, CD_MethodType);
    private static final ClassDesc CLASS_LOADER = ClassDesc.of("java.lang.ClassLoader");
    private static final ClassDesc METHOD = ClassDesc.of("java.lang.reflect.Method");

    @Override
    public byte @Nullable [] transform(
            @Nullable ClassLoader loader,
            @Nullable String name,
            @Nullable Class<?> redefined,
            @Nullable ProtectionDomain domain,
            byte[] bytes) {
        if (name == null || redefined != null || !BINDINGS.contains(name)) {
            return null;
        }
        try {
            return rewrite(bytes);
        } catch (RuntimeException e) {
            // The JVM drops what a transformer throws and would go on with the class as it is.
            System.err.println("cryo: " + name + " cannot be rewritten: " + e);
            throw e;
        }
    }

    /** The rewritten class. */
    static byte[] rewrite(byte[] bytes) {
        ClassFile context = ClassFile.of();
        ClassModel binding = context.parse(bytes);
        return context.transformClass(binding, new Rewriting(binding.thisClass().asSymbol()));
    }

    private record Rewriting(ClassDesc binding) implements ClassTransform {
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
            int flags = ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC;
            builder.withMethod(LINK, BOOTSTRAP, flags, method -> method.with(
                            ExceptionsAttribute.ofSymbols(CD_Exception))
                    .withCode(Rewriting::link));
        }

        private void redirect(ClassBuilder builder, MethodModel method) {
            MethodTypeDesc type = method.methodTypeSymbol();
            DirectMethodHandleDesc bootstrap =
                    MethodHandleDesc.ofMethod(DirectMethodHandleDesc.Kind.STATIC, binding, LINK, BOOTSTRAP);
            DynamicCallSiteDesc site =
                    DynamicCallSiteDesc.of(bootstrap, method.methodName().stringValue(), type);
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

        /** Finds the bridge by the system class loader, which every class can ask for, whatever loader it is of. */
        private static void link(CodeBuilder code) {
            ClassDesc[] parameters = {CD_MethodHandles_Lookup, CD_String, CD_MethodType};
            code.loadConstant(BRIDGE)
                    .iconst_1()
                    .invokestatic(CLASS_LOADER, "getSystemClassLoader", MethodTypeDesc.of(CLASS_LOADER))
                    .invokestatic(
                            CD_Class, "forName", MethodTypeDesc.of(CD_Class, CD_String, CD_boolean, CLASS_LOADER))
                    .loadConstant("link")
                    .loadConstant(parameters.length)
                    .anewarray(CD_Class);
            for (int i = 0; i < parameters.length; i++) {
                code.dup().loadConstant(i).loadConstant(parameters[i]).aastore();
            }
            code.invokevirtual(CD_Class, "getMethod", MethodTypeDesc.of(METHOD, CD_String, CD_Class.arrayType()))
                    .aconst_null()
                    .loadConstant(parameters.length)
                    .anewarray(CD_Object);
            for (int i = 0; i < parameters.length; i++) {
                code.dup().loadConstant(i).aload(i).aastore();
            }
            code.invokevirtual(METHOD, "invoke", MethodTypeDesc.of(CD_Object, CD_Object, CD_Object.arrayType()))
                    .checkcast(CD_CallSite)
                    .areturn();
        }
    }
}
