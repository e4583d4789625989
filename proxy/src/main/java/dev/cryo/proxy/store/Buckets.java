package dev.cryo.proxy.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;

/**
 * Finds what opens buckets: on the class path, or in a folder of jars of its own, so that commands which need no store
 * neither search nor load what a store needs.
 */
public final class Buckets {
    /** What is kept from an application whose images go to a store: it would be in the images. */
    public static final Set<String> SECRETS =
            Set.of("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN");

    private Buckets() {}

    /**
     * Opens a bucket, without asking it anything.
     *
     * @param jars the folder
     * @throws StoreException if there is nothing to open it with, or the environment lacks what is needed
     */
    public static Bucket open(Path jars, StoreUrl url, Map<String, String> environment) throws IOException {
        // The loader lives as long as the bucket's classes, which is as long as this process.
        ClassLoader loader = new URLClassLoader("cryo-s3", jars(jars), Buckets.class.getClassLoader());
        BucketProvider provider = ServiceLoader.load(BucketProvider.class, loader)
                .findFirst()
                .orElseThrow(() -> new StoreException(
                        StoreException.Kind.REFUSED,
                        "this cryo cannot use " + url + ": it lacks the folder " + jars + ", which a build from"
                                + " cryo's sources has"));
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try {
            thread.setContextClassLoader(loader); // By which the SDK finds its own parts.
            return provider.open(url, environment);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static URL[] jars(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return new URL[0];
        }
        List<URL> jars = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
            for (Path file : files) {
                jars.add(file.toUri().toURL());
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return jars.toArray(URL[]::new);
    }
}
