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
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.attribute.ExceptionsAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.DynamicCallSiteDesc;
import java.lang.constant.MethodHandleDesc;
import java.lang.constant.MethodTypeDesc;

/** The bootstrap method that a rewritten class gets, by which its calls reach the upper half. Stateless. */
final class LinkMethod {
    private static final String NAME = "$cryo$link";
    private static final String BRIDGE = "dev.cryo.upper.entry.Bridge";
    private static final MethodTypeDesc TYPE =
            MethodTypeDesc.of(CD_CallSite, CD_MethodHandles_Lookup, CD_String, CD_MethodType);
    private static final ClassDesc CLASS_LOADER = ClassDesc.of("java.lang.ClassLoader");
    private static final ClassDesc METHOD = ClassDesc.of("java.lang.reflect.Method");

    private LinkMethod() {}

    /** Adds it to a class. */
    static void addTo(ClassBuilder builder) {
        int flags = ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC;
        builder.withMethod(NAME, TYPE, flags, method -> method.with(ExceptionsAttribute.ofSymbols(CD_Exception))
                .withCode(LinkMethod::link));
    }

    /** A call of what the upper half has by a name and type, in a class that the method was added to. */
    static DynamicCallSiteDesc site(ClassDesc in, String name, MethodTypeDesc type) {
        DirectMethodHandleDesc bootstrap =
                MethodHandleDesc.ofMethod(DirectMethodHandleDesc.Kind.STATIC, in, NAME, TYPE);
        return DynamicCallSiteDesc.of(bootstrap, name, type);
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
