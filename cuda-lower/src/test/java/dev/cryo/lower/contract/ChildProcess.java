package dev.cryo.lower.contract;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** A JVM of its own for one test, with the class path and cryo's system properties of this one. */
final class ChildProcess {
    /** The system property of such processes. */
    static final String MARK = "dev.cryo.lower.childProcess";
    private static final String PROPERTIES = "cryo.";
    private static final long SECONDS = 120;

    private ChildProcess() {}

    /** Whether this process is such a one. */
    static boolean isThisOne() {
        return Boolean.getBoolean(MARK);
    }

    /**
     * Runs a test, which must succeed there, and prints what it prints.
     *
     * @param test its unique id
     * @throws AssertionError if it fails, is skipped or is not found, with what was printed
     */
    static void run(String test) throws IOException, InterruptedException {
        Path printed = Files.createTempFile("cryo-child-", ".txt");
        try {
            Process process = new ProcessBuilder(command(test))
                    .redirectErrorStream(true)
                    .redirectOutput(printed.toFile())
                    .start();
            boolean ended = false;
            try {
                ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
            } finally {
                Process unused = process.destroyForcibly(); // Who waits may have been interrupted.
                System.out.println(read(printed));
            }
            if (!ended || process.exitValue() != 0) {
                String how = ended ? "ended with " + process.exitValue() : "did not end in " + SECONDS + " s";
                throw new AssertionError("the process of %s %s:%n%s".formatted(test, how, read(printed)));
            }
        } finally {
            Files.delete(printed);
        }
    }

    /** Whatever it is, and not only well-formed text. */
    private static String read(Path printed) throws IOException {
        return new String(Files.readAllBytes(printed), StandardCharsets.UTF_8);
    }

    private static List<String> command(String test) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m", "-XX:+ErrorFileToStdout",
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-D" + MARK + "=true"));
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith(PROPERTIES)) {
                command.add("-D" + name + "=" + System.getProperty(name));
            }
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ChildProcess.class.getName(), test));
        return command;
    }

    /** Runs the test with the unique id that is the argument; ends with 0 if it has succeeded. */
    public static void main(String[] arguments) {
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(
                LauncherDiscoveryRequestBuilder.request()
                        .selectors(DiscoverySelectors.selectUniqueId(arguments[0]))
                        .build(),
                listener);
        TestExecutionSummary summary = listener.getSummary();
        boolean succeeded = summary.getTestsSucceededCount() == 1 && summary.getTotalFailureCount() == 0;
        if (!succeeded) {
            PrintWriter out = new PrintWriter(System.out, true);
            summary.printFailuresTo(out, 100);
            summary.printTo(out);
        }
        System.exit(succeeded ? 0 : 1);
    }
}
