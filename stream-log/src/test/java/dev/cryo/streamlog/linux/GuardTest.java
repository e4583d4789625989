package dev.cryo.streamlog.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardTest {
    private static final long SOON_SECONDS = 20;

    @TempDir
    private Path folder;

    private Process guarded;
    private Path pidFile;

    @BeforeEach
    void startWhatIsGuarded() throws IOException {
        guarded = new ProcessBuilder("sleep", "600").start();
        pidFile = Files.writeString(folder.resolve("pid"), guarded.pid() + "\n");
    }

    @AfterEach
    void endWhatIsGuarded() {
        guarded.destroyForcibly();
    }

    /** Starts a guard in this process, says its id and what it holds, and ends it when it is told to. */
    public static void main(String[] arguments) throws Exception {
        EventDescriptor held = EventDescriptor.open();
        Guard guard = Guard.start(held.descriptor(), Path.of(arguments[0]));
        System.out.println(guard.pid());
        if (System.in.read() >= 0) {
            guard.close();
            System.out.println("closed");
        }
    }

    private Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        GuardTest.class.getName(),
                        pidFile.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    void whoIsGuardedEndsWithAProcessThatIsKilled() throws Exception {
        Process process = start();
        try (BufferedReader output = process.inputReader()) {
            ProcessHandle guard = ProcessHandle.of(Long.parseLong(output.readLine())).orElseThrow();
            process.destroyForcibly();
            assertThat(guarded.waitFor(SOON_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(guarded.exitValue()).isEqualTo(128 + 9);
            assertThat(guard.onExit().get(SOON_SECONDS, TimeUnit.SECONDS)).isNotNull();
        }
    }

    @Test
    void whoIsGuardedOutlivesAGuardThatIsEnded() throws Exception {
        Process process = start();
        try (BufferedReader output = process.inputReader()) {
            long guard = Long.parseLong(output.readLine());
            assertThat(Files.readSymbolicLink(Path.of("/proc/" + guard + "/fd/3")).toString()).contains("eventfd");
            process.outputWriter().append('\n').flush();
            assertThat(output.readLine()).isEqualTo("closed");
            assertThat(ProcessHandle.of(guard)).isEmpty();
            assertThat(process.waitFor(SOON_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(guarded.isAlive()).isTrue();
        }
    }
}
