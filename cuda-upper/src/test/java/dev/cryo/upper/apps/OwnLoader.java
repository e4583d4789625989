package dev.cryo.upper.apps;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs another application in a class loader that sees nothing of the class path. */
public final class OwnLoader {
    private OwnLoader() {}

    /** Takes the other's class path. */
    public static void main(String[] args) throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : args[0].split(":", -1)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        ClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        loader.loadClass(RoundTrip.class.getName())
                .getMethod("main", String[].class)
                .invoke(null, (Object) new String[0]);
    }
}
