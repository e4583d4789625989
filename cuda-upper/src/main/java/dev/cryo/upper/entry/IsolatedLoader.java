package dev.cryo.upper.entry;

import java.io.File;
import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Loads the agent's own classes from the jars beside the agent's jar, seeing nothing of the application. */
public final class IsolatedLoader extends URLClassLoader {
    private static final String SHARED = IsolatedLoader.class.getPackageName() + ".";
    private static final String UPPER_HALF = "dev.cryo.upper.agent.UpperHalf";

    static {
        registerAsParallelCapable();
    }

    private IsolatedLoader(URL[] jars) {
        super("cryo", jars, ClassLoader.getPlatformClassLoader());
    }

    /**
     * Loads the upper half and starts it; returns when the application may start.
     *
     * @param folder where the jars are
     * @param arguments the agent's arguments
     */
    public static void start(File folder, String arguments, Instrumentation instrumentation)
            throws IOException, ReflectiveOperationException, InvocationTargetException {
        new IsolatedLoader(jars(folder))
                .loadClass(UPPER_HALF)
                .getMethod("start", File.class, String.class, Instrumentation.class)
                .invoke(null, folder, arguments, instrumentation);
    }

    private static URL[] jars(File folder) throws IOException {
        File[] files = folder.listFiles(
                file -> file.getName().endsWith(".jar") && !file.getName().equals("cryo-agent.jar"));
        if (files == null || files.length == 0) {
            throw new IOException("no jars beside the agent's in " + folder);
        }
        Arrays.sort(files);
        List<URL> urls = new ArrayList<>();
        for (File file : files) {
            urls.add(url(file));
        }
        return urls.toArray(URL[]::new);
    }

    private static URL url(File file) throws MalformedURLException {
        return file.toURI().toURL();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (name.startsWith(SHARED)) {
            return Class.forName(name, false, IsolatedLoader.class.getClassLoader());
        }
        return super.loadClass(name, resolve);
    }
}
