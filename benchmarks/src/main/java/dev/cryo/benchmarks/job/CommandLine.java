package dev.cryo.benchmarks.job;

import dev.cryo.proxy.supervisor.StartCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How cryo's command line is started, and with which environment. Immutable.
 *
 * @param prefix the program and its first arguments, before those of cryo
 * @param environment variables set in addition to those of this process; an empty value removes one
 */
public record CommandLine(List<String> prefix, Map<String, String> environment) {
    /** The property that names the folder of cryo's own parts, as the launcher script sets it. */
    public static final String DIST = "cryo.dist";

    private static final String MAIN = "dev.cryo.proxy.cli.Cryo";

    /** With copies. */
    public CommandLine {
        prefix = List.copyOf(prefix);
        environment = Map.copyOf(environment);
    }

    /** The command line that this process was started from by the launcher script. */
    public static CommandLine ofThisProcess() {
        String dist = Objects.requireNonNull(
                System.getProperty(DIST), "the property " + DIST + " is not set: start cryo by its launcher script");
        return of(Path.of(dist), System.getProperty("java.class.path"));
    }

    /**
     * A command line as the launcher script would start it, but with a given class path.
     *
     * @param dist the folder of cryo's own parts
     */
    public static CommandLine of(Path dist, String classPath) {
        return of(dist, classPath, startCache(dist));
    }

    /**
     * The same, with a start cache of its own.
     *
     * @param classPath begins with that which the cache was recorded with
     * @param startCache need not exist
     */
    public static CommandLine of(Path dist, String classPath, Path startCache) {
        return jvm(
                dist,
                classPath,
                Files.exists(startCache) ? List.of("-XX:AOTCache=" + startCache, "-Xlog:aot=off,cds=off") : List.of());
    }

    /**
     * A command line whose JVM, and that of the proxy it starts, record their start caches: when each ends it writes
     * its own.
     */
    public static CommandLine recording(Path dist, String classPath, Path startCache) {
        List<String> more = new ArrayList<>(StartCache.recording(startCache));
        more.add("-Dcryo.startCache=record");
        return jvm(dist, classPath, more);
    }

    /** Where the launcher script has the start cache of a command; the proxy's is beside it. */
    public static Path startCache(Path dist) {
        return dist.resolve("command.aot");
    }

    private static CommandLine jvm(Path dist, String classPath, List<String> more) {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:+DisplayVMOutputToStderr",
                "-XX:CompileThresholdScaling=6",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djdk.reflect.useNativeAccessorOnly=true",
                "-Dio.netty.jfr.enabled=false",
                "-Djava.locale.providers=SPI",
                "-D" + DIST + "=" + dist,
                "-cp",
                classPath));
        words.addAll(more);
        words.add(MAIN);
        return new CommandLine(words, Map.of());
    }

    /** The same with a variable of the environment. */
    public CommandLine with(String variable, String value) {
        Map<String, String> changed = new HashMap<>(environment);
        changed.put(variable, value);
        return new CommandLine(prefix, changed);
    }

    /** The same, run by another program: {@code before} are its name and its arguments. */
    public CommandLine after(String... before) {
        List<String> words = new ArrayList<>(List.of(before));
        words.addAll(prefix);
        return new CommandLine(words, environment);
    }

    /** Starts a command. The caller owns the process. */
    public Child start(List<String> arguments) throws IOException {
        List<String> words = new ArrayList<>(prefix);
        words.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(words);
        environment.forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        return new Child("cryo " + String.join(" ", arguments), builder.start());
    }
}
