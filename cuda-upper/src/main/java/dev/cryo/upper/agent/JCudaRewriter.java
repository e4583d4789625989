package dev.cryo.upper.agent;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.constant.ClassDesc;
import java.lang.instrument.ClassFileTransformer;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Rewrites JCuda's two binding classes and its pointers as they load. Stateless. */
final class JCudaRewriter implements ClassFileTransformer {
    private static final Map<String, Function<ClassDesc, ClassTransform>> TRANSFORMS = Map.of(
            "jcuda/driver/JCudaDriver", BindingTransform::new,
            "jcuda/runtime/JCuda", BindingTransform::new,
            "jcuda/Pointer", PointerTransform::new);

    @Override
    public byte @Nullable [] transform(
            @Nullable ClassLoader loader,
            @Nullable String name,
            @Nullable Class<?> redefined,
            @Nullable ProtectionDomain domain,
            byte[] bytes) {
        Function<ClassDesc, ClassTransform> transform = name == null ? null : TRANSFORMS.get(name);
        if (transform == null || redefined != null) {
            return null;
        }
        try {
            ClassFile context = ClassFile.of();
            ClassModel model = context.parse(bytes);
            return context.transformClass(model, transform.apply(model.thisClass().asSymbol()));
        } catch (RuntimeException e) {
            // The JVM drops what a transformer throws and would go on with the class as it is.
            System.err.println("cryo: " + name + " cannot be rewritten: " + e);
            throw e;
        }
    }
}
