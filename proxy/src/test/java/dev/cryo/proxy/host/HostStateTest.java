package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostStateTest extends DumpCase {
    @Test
    void oneImageIsRestoredTwiceAndGoesOnFromTheSameState() throws Exception {
        try (Running first = Running.start(folder, true)) {
            assertThat(first.ask("count")).isEqualTo("1");
            dump(first);
            assertThat(first.ask("count")).as("the dumped application runs on").isEqualTo("2");
        }
        for (int time = 0; time < 2; time++) {
            try (Running restored = Running.restore(host, image, work)) {
                assertThat(restored.ask("count")).isEqualTo("2");
                assertThat(restored.ask("count")).isEqualTo("3");
            }
        }
    }

    @Test
    void aRestoredApplicationIsDumpedAndRestoredAgain() throws Exception {
        Path second = folder.resolve("second");
        try (Running first = Running.start(folder, true)) {
            first.ask("count");
            dump(first);
        }
        try (Running restored = Running.restore(host, image, work)) {
            restored.ask("count");
            host.dump(restored.process, restored.streams, DumpRequest.into(second, work));
        }
        try (Running again = Running.restore(host, second, work)) {
            assertThat(again.ask("count")).isEqualTo("3");
        }
    }

    @Test
    void theMonotonicClockGoesOnWhereItStopped() throws Exception {
        long before;
        long started;
        try (Running first = Running.start(folder, true)) {
            started = System.nanoTime();
            dump(first);
            before = Long.parseLong(first.ask("nano"));
        }
        Thread.sleep(3000);
        try (Running restored = Running.restore(host, image, work)) {
            long after = Long.parseLong(restored.ask("nano"));
            assertThat(Duration.ofNanos(after - before)).isLessThan(Duration.ofNanos(System.nanoTime() - started)
                    .minusMillis(2900));
        }
    }

    @Test
    void environmentAndWorkingDirectoryAreAsTheyWere() throws Exception {
        try (Running first = Running.start(folder, true)) {
            dump(first);
        }
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.ask("environment FLAVOUR")).isEqualTo("salt " + folder.toRealPath());
        }
    }

    @Test
    void exitCodeAndEndOfInputAreSeenAfterARestore() throws Exception {
        try (Running first = Running.start(folder, true)) {
            dump(first);
            first.ask("count");
            first.streams.input().write("exit 7\n".getBytes(StandardCharsets.UTF_8));
            assertThat(first.exit()).isEqualTo(new ExitStatus(7, 0));
        }
        try (Running restored = Running.restore(host, image, work)) {
            restored.streams.closeInput();
            assertThat(restored.read()).isEqualTo("end of input");
            assertThat(restored.exit()).isEqualTo(new ExitStatus(0, 0));
            restored.streams.applicationEnded();
            assertThat(restored.read()).as("the end of its output").isEqualTo("null");
        }
    }

    @Test
    void deathBySignalIsSeenBeforeAndAfterARestore() throws Exception {
        try (Running first = Running.start(folder, true)) {
            dump(first);
            first.process.kill();
            assertThat(first.exit()).isEqualTo(new ExitStatus(137, 9));
        }
        try (Running restored = Running.restore(host, image, work)) {
            restored.process.kill();
            assertThat(restored.exit()).isEqualTo(new ExitStatus(137, 9));
        }
        try (Running restored = Running.restore(host, image, work)) {
            restored.process.signal(15);
            assertThat(restored.exit()).as("a JVM ends itself on SIGTERM").isEqualTo(new ExitStatus(143, 0));
        }
    }

    @Test
    void inputThatIsUnreadAtTheCheckpointIsThereAgain() throws Exception {
        try (Running first = Running.start(folder, true)) {
            assertThat(first.ask("pause 1500")).isEqualTo("pausing");
            first.streams.input().write("count\n".getBytes(StandardCharsets.UTF_8));
            dump(first);
            assertThat(first.read()).isEqualTo("paused");
            assertThat(first.read()).isEqualTo("1");
        }
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.read()).isEqualTo("paused");
            assertThat(restored.read()).isEqualTo("1");
        }
    }

    @Test
    void anApplicationWithoutNamespacesRunsAndTellsItsExit() throws Exception {
        try (Running running = Running.start(folder, false)) {
            assertThat(running.ask("environment FLAVOUR")).isEqualTo("salt " + folder.toRealPath());
            running.streams.closeInput();
            assertThat(running.read()).isEqualTo("end of input");
            assertThat(running.exit()).isEqualTo(new ExitStatus(0, 0));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-XX:+UseG1GC", "-XX:+UseZGC", "-XX:+UseParallelGC", "-XX:UseAVX=2"})
    void jvmsOfEveryKindComeBack(String option) throws Exception {
        try (Running first = Running.start(folder, true, List.of(option))) {
            first.ask("count");
            dump(first);
        }
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.ask("count")).isEqualTo("2");
        }
    }

    @Test
    void aCommandThatDoesNotExistEndsAsInAShell() throws Exception {
        try (StandardStreams streams = StandardStreams.create(folder.resolve("streams"))) {
            ApplicationCommand nothing = new ApplicationCommand(
                    List.of("/nowhere/java"), Map.of(), folder, ApplicationCommand.Place.APART);
            ApplicationProcess process = ApplicationProcess.start(nothing, streams);
            assertThat(process.onExit().get().code()).isEqualTo(127);
            streams.applicationEnded();
            assertThat(new String(streams.error().readAllBytes(), StandardCharsets.UTF_8)).contains("/nowhere/java");
            ApplicationCommand plain = new ApplicationCommand(
                    List.of("/nowhere/java"), Map.of(), folder, ApplicationCommand.Place.HERE);
            assertThatThrownBy(() -> ApplicationProcess.start(plain, streams)).isInstanceOf(HostStateException.class)
                    .hasMessageContaining("cannot start /nowhere/java");
        }
    }

    @Test
    void anImageOfAProcessorWithMoreInstructionsIsRefusedBeforeAnythingStarts() throws Exception {
        try (Running running = Running.start(folder, true)) {
            dump(running);
        }
        Path description = image.resolve(HostImage.NAME);
        String text = Files.readString(description);
        Files.writeString(description, text.replaceFirst("\"instructions\" *: *\\[", "$0 \"avx77\","));
        assertThatThrownBy(() -> Running.restore(host, image, work)).isInstanceOf(HostStateException.class)
                .hasMessageContaining("lacks the instructions avx77")
                .hasMessageContaining("--portable-cpu");
        Files.writeString(description, text.substring(0, text.length() / 2));
        assertThatThrownBy(() -> HostImage.read(image)).isInstanceOf(HostStateException.class)
                .hasMessageContaining("cannot read " + description);
    }
}
