package dev.cryo.proxy.supervisor;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What the proxy's JVM has ready at its start: its classes loaded and linked, and profiles of its methods (JEP 483, 514
 * and 515). It halves the time of a start, and the optimizing compiler knows at once what a checkpoint needs.
 *
 * <p>The cache is recorded once, after the build, by a job whose supervisor has the property {@value #PROPERTY}. A JVM
 * that finds that a cache does not fit, because of another JDK, starts without. It does not find out every time that
 * class files are others (JDK 25 then mixes old classes with new ones), so a cache older than one of them is not used.
 *
 * @param file the cache
 * @param recorded whether the proxy that is started now is to write it when it ends
 */
public record StartCache(Path file, boolean recorded) {
    /** The property of a supervisor that has its proxy record the cache; its value is {@code record}. */
    static final String PROPERTY = "cryo.startCache";

    /** The cache in the folder of cryo's parts. */
    static StartCache in(Path dist) {
        return new StartCache(dist.resolve("proxy.aot"), "record".equals(System.getProperty(PROPERTY)));
    }

    /** The options by which a JVM uses or writes it. */
    List<String> options() {
        if (recorded) {
            return List.of("-XX:AOTCacheOutput=" + file);
        }
        if (Files.exists(file) && !isOutdated()) {
            return List.of("-XX:AOTCache=" + file, "-Xlog:aot=off,cds=off");
        }
        return List.of();
    }

    /**
     * The options by which a command's JVM writes a cache when it ends: without profiles, by which the optimizing
     * compiler would take a processor from a restart for what is not worth it (decision 19).
     */
    public static List<String> recording(Path file) {
        return List.of(
                "-XX:AOTCacheOutput=" + file, "-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTRecordTraining");
    }

    private boolean isOutdated() {
        File[] parts = file.resolveSibling("lib").toFile().listFiles();
        long recordedAt = file.toFile().lastModified();
        return parts != null && Arrays.stream(parts).anyMatch(part -> part.lastModified() > recordedAt);
    }
}
