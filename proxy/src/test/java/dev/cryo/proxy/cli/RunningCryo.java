package dev.cryo.proxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@code cryo} command as a process of its own, with its output in files. */
final class RunningCryo {
    private static final Duration LIMIT = Duration.ofSeconds(40);

    final Process process;
    private final Path out;
    private final Path err;

    private RunningCryo(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Starts a command that keeps its jobs in {@code home}. */
    static RunningCryo start(Path home, String... arguments) throws IOException {
        Path out = Files.createTempFile(home, "out", "");
        Path err = Files.createTempFile(home, "err", "");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dcryo.dist=" + dist(home),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.cryo.proxy.cli.Cryo"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().put("CRYO_HOME", home.toString());
        return new RunningCryo(builder.start(), out, err);
    }

    /** What is started here has no JVM, so an agent that is only named does. */
    private static Path dist(Path home) throws IOException {
        Path agent = home.resolve("dist/agent/cryo-agent.jar");
        if (!Files.exists(agent)) {
            Files.createDirectories(agent.getParent());
            Files.createFile(agent);
        }
        return home.resolve("dist");
    }

    int exitCode() throws InterruptedException {
        assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).as("ends in time").isTrue();
        return process.exitValue();
    }

    String out() throws IOException {
        return Files.readString(out);
    }

    String err() throws IOException {
        return Files.readString(err);
    }

    void awaitOut(String text) throws IOException, InterruptedException {
        await(out, text);
    }

    void awaitErr(String text) throws IOException, InterruptedException {
        await(err, text);
    }

    private static void await(Path file, String text) throws IOException, InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!Files.readString(file).contains(text)) {
            assertThat(System.nanoTime()).as(text + " in " + Files.readString(file)).isLessThan(end);
            Thread.sleep(20);
        }
    }

    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    }

    void write(String text) throws IOException {
        process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }
}
