package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dumps that cannot be, are given up, or meet what others have left. */
class DumpFailureTest extends DumpCase {
    /** CRIU makes a folder of a fixed name in the application's working folder for a moment. */
    @Test
    void aDumpThatMeetsAnotherOnesFolderIsTriedAgain() throws Exception {
        Path real = Criu.usable(System.getenv()).program();
        Path met = folder.resolve("met");
        Path program = folder.resolve("meeting");
        Files.writeString(program, """
                #!/bin/bash
                if [[ $1 == dump && ! -e %1$s ]]; then
                    touch %1$s
                    while [[ $1 != --work-dir ]]; do shift; done
                    echo "(00.1) Error (criu/files-reg.c:1): Can't create a directory (-17)" >"$2/dump.log"
                    exit 1
                fi
                exec %2$s "$@"
                """.formatted(met, real));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        HostState meeting = new HostState(
                Criu.usable(Map.of("CRYO_CRIU", program.toString(), "PATH", System.getenv("PATH"))));
        try (Running running = Running.start(folder, true)) {
            running.ask("count");
            meeting.dump(running.process, running.streams, DumpRequest.into(image, work));
            assertThat(met).exists();
        }
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.ask("count")).isEqualTo("2");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatAKilledCriuHasLeftInTheWorkingFolderIsRemoved(boolean mounted) throws Exception {
        Path left = folder.resolve("proc.crtools");
        try (Running running = Running.start(folder, true)) {
            assertThat(Files.readSymbolicLink(Path.of("/proc/" + running.process.programPid() + "/cwd")))
                    .isEqualTo(folder.toRealPath());
            Files.createDirectory(left);
            if (mounted) {
                assertThat(new ProcessBuilder("mount", "-t", "proc", "proc", left.toString()).start().waitFor())
                        .isZero();
            }
            dump(running);
        }
        assertThat(left).doesNotExist();
    }

    @Test
    void aDumpThatDoesNotFitIsRefusedAndTheApplicationRunsOn() throws Exception {
        Path small = Files.createDirectory(folder.resolve("small"));
        assertThat(new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small.toString()).inheritIO()
                .start().waitFor()).isZero();
        try (Running running = Running.start(folder, true)) {
            Path inside = small.resolve("image");
            assertThatThrownBy(() -> host.dump(running.process, running.streams, DumpRequest.into(inside, work)))
                    .isInstanceOf(HostStateException.class)
                    .hasMessageContaining("no space is left where the image is written");
            assertThat(running.ask("count")).isEqualTo("1");
            assertThat(inside).isEmptyDirectory();
            dump(running);
        } finally {
            assertThat(new ProcessBuilder("umount", small.toString()).inheritIO().start().waitFor()).isZero();
        }
    }

    @Test
    void aDumpGivenUpAtAnyMomentLeavesTheApplicationRunning() throws Exception {
        try (Running running = Running.start(folder, true)) {
            int givenUp = 0;
            for (int millis = 1; millis < 90; millis += 3) {
                try {
                    host.dump(running.process, running.streams,
                            DumpRequest.into(image, work).within(Duration.ofMillis(millis)));
                } catch (HostStateException e) {
                    assertThat(e).hasMessageContaining("did not end within " + millis + " ms");
                    assertThat(image).isEmptyDirectory();
                    givenUp++;
                }
                assertThat(Integer.parseInt(running.ask("count"))).as("after %s ms", millis).isPositive();
                clear(image);
            }
            assertThat(givenUp).isPositive();
            dump(running);
        }
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.ask("count")).isEqualTo("31");
        }
    }

    private static void clear(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void anApplicationThatHasEndedIsRefused() throws Exception {
        try (Running running = Running.start(folder, true)) {
            running.process.kill();
            running.exit();
            assertThatThrownBy(() -> dump(running)).isInstanceOf(HostStateException.class)
                    .hasMessageContaining("it has ended");
        }
    }

    @Test
    void anApplicationWithoutNamespacesIsNotDumped() throws Exception {
        try (Running running = Running.start(folder, false)) {
            assertThatThrownBy(() -> dump(running)).isInstanceOf(HostStateException.class)
                    .hasMessageContaining("without a process namespace of its own");
        }
    }
}
