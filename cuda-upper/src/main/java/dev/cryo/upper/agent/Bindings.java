package dev.cryo.upper.agent;

import dev.cryo.upper.cuda.Cuda;
import java.lang.invoke.CallSite;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** Links the native methods of each binding class that is loaded to its translations. Thread-safe. */
final class Bindings {
    private static final String TRANSLATOR = "dev.cryo.upper.jcuda.Translator";
    private static final MethodType OPEN =
            MethodType.methodType(Linkage.class, Cuda.class, Class.class);

    private final ClassValue<Linkage> linkages;

    Bindings(Cuda cuda) {
        linkages = new ClassValue<>() {
            @Override
            protected Linkage computeValue(Class<?> binding) {
                return open(cuda, binding);
            }
        };
    }

    /** The call site of a native method of a binding class. */
    CallSite link(MethodHandles.Lookup caller, String name, MethodType type) {
        return linkages.get(caller.lookupClass()).link(name, type);
    }

    private static Linkage open(Cuda cuda, Class<?> binding) {
        try {
            Class<?> translator = new BindingLoader(binding.getClassLoader()).loadClass(TRANSLATOR);
            MethodHandle open = MethodHandles.publicLookup().findStatic(translator, "open", OPEN);
            return (Linkage) open.invokeExact(cuda, (Class<?>) binding);
        } catch (Throwable e) {
            throw new IllegalStateException("the translations of " + binding.getName() + " cannot be loaded", e);
        }
    }
}
