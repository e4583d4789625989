package dev.cryo.benchmarks.job;

import dev.cryo.benchmarks.trainer.DigitsTrainer;
import java.io.File;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jcuda.driver.JCudaDriver;
import org.crac.Core;

/** The command lines of the example applications: what a user would write after {@code cryo launch --}. */
public final class Applications {
    private Applications() {}

    /** The trainer, with arguments of its own. */
    public static List<String> trainer(String... arguments) {
        return java(DigitsTrainer.class, arguments);
    }

    /** A Java program of this module, on a class path that has nothing of cryo but this module. */
    public static List<String> java(Class<?> program, String... arguments) {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        List<String> words = new ArrayList<>(List.of(java.toString(), "-Xmx256m", "-cp", classPath(program)));
        words.add(program.getName());
        words.addAll(List.of(arguments));
        return words;
    }

    /** The class path of the applications: this module's classes, JCuda and org.crac. */
    public static String classPath() {
        return classPath(DigitsTrainer.class);
    }

    private static String classPath(Class<?> program) {
        return Stream.of(program, DigitsTrainer.class, JCudaDriver.class, Core.class)
                .map(Applications::origin)
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static String origin(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        URL location = source == null ? null : source.getLocation();
        if (location == null) {
            throw new IllegalStateException("it is not known where " + type + " comes from");
        }
        try {
            return Path.of(location.toURI()).toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(location + " is no file", e);
        }
    }
}
