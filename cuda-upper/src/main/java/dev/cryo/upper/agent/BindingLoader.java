package dev.cryo.upper.agent;

import java.io.IOException;
import java.io.InputStream;

/**
 * Loads the translations for one JCuda: their classes anew, {@code jcuda} from the class loader that has it, all else
 * from the upper half's.
 */
final class BindingLoader extends ClassLoader {
    private static final String TRANSLATIONS = "dev.cryo.upper.jcuda.";
    private static final String JCUDA = "jcuda.";

    static {
        registerAsParallelCapable();
    }

    private final ClassLoader upperHalf;
    private final ClassLoader application;

    /** For the JCuda of {@code application}. */
    BindingLoader(ClassLoader application) {
        super("cryo-binding", BindingLoader.class.getClassLoader());
        this.upperHalf = BindingLoader.class.getClassLoader();
        this.application = application;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (name.startsWith(JCUDA)) {
            return Class.forName(name, false, application);
        }
        if (!name.startsWith(TRANSLATIONS)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            return known != null ? known : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream in = upperHalf.getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }
}
