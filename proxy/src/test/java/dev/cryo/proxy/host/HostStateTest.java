package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

@Tag("criu")
class HostStateTest {
    private final HostState host = usable();

    @TempDir
    private Path folder;

    private Path image;
    private Path work;

    private static HostState usable() {
        try {
            return new HostState(Criu.usable(System.getenv()));
        } catch (HostStateException e) {
            throw new TestAbortedException(e.getMessage(), e);
        }
    }

    @BeforeEach
    void nameFolders() {
        image = folder.resolve("image");
        work = folder.resolve("work");
    }

    private HostImage dump(Running running) throws HostStateException {
        return host.dump(running.process, running.streams, DumpRequest.into(image, work));
    }

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
    void whatWasWrittenAfterTheCheckpointIsCutOffAndKeptAside() throws Exception {
        Path log = folder.resolve("app.log");
        try (Running first = Running.start(folder, true)) {
            first.ask("open " + log);
            first.ask("append before");
            dump(first);
            first.ask("append after");
        }
        Files.writeString(folder.resolve("app.log.cryo-cut-1"), "of an earlier restart");
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.cut).containsExactly(folder.resolve("app.log.cryo-cut-2"));
            restored.ask("append again");
            assertThat(log).hasContent("before\nagain\n");
        }
        assertThat(folder.resolve("app.log.cryo-cut-2")).hasContent("after\n");
        assertThat(folder.resolve("app.log.cryo-cut-1")).hasContent("of an earlier restart");
    }

    @Test
    void anOpenButDeletedFileIsInTheImage() throws Exception {
        Path log = folder.resolve("deleted");
        String content;
        try (Running first = Running.start(folder, true)) {
            first.ask("open " + log);
            first.ask("append " + "x".repeat(3_000_000));
            first.ask("delete " + log);
            content = first.ask("content");
            dump(first);
        }
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.ask("content")).isEqualTo(content).endsWith(" 3000001");
            assertThat(log).doesNotExist();
        }
    }

    @Test
    void aDeletedFileAboveTheLimitIsRefusedByName() throws Exception {
        Path log = folder.resolve("deleted");
        try (Running running = Running.start(folder, true)) {
            running.ask("open " + log);
            running.ask("append " + "x".repeat(2_000_000));
            running.ask("delete " + log);
            DumpRequest usual = DumpRequest.into(image, work);
            DumpRequest small = new DumpRequest(image, work, usual.timeout(), false, false, false, 1_000_000);
            assertThatThrownBy(() -> host.dump(running.process, running.streams, small))
                    .isInstanceOf(HostStateException.class)
                    .hasMessageContaining(log.toString())
                    .hasMessageContaining("deleted but open")
                    .hasMessageContaining("dump.log");
            assertThat(running.ask("count")).as("it runs on").isEqualTo("1");
            assertThat(image).isEmptyDirectory();
        }
    }

    @Test
    void aFileThatIsGoneOrHasShrunkIsNamedBeforeAnythingStarts() throws Exception {
        Path log = folder.resolve("app.log");
        Path read = Files.writeString(folder.resolve("data.bin"), "what it was");
        try (Running first = Running.start(folder, true)) {
            first.ask("open " + log);
            first.ask("append before");
            first.ask("map " + read);
            dump(first);
        }
        Files.writeString(log, "b");
        Files.writeString(read, "what it is ");
        assertThatThrownBy(() -> Running.restore(host, image, work))
                .isInstanceOf(HostStateException.class)
                .hasMessageContaining("the file " + log + ", which the application was writing, has shrunk from 7 to 1")
                .hasMessageContaining("the file " + read + ", which the application was reading, has changed");
        Files.delete(log);
        Files.delete(read);
        assertThatThrownBy(() -> HostImage.read(image).requireRestorable())
                .isInstanceOf(HostStateException.class)
                .hasMessageContaining("the file " + log + ", which the application was writing, is gone")
                .hasMessageContaining("the file " + read + ", which the application was reading, is gone");
    }

    @Test
    void aFileThatWasCopiedUnchangedIsAccepted() throws Exception {
        Path read = Files.writeString(folder.resolve("data.bin"), "what it was");
        try (Running first = Running.start(folder, true)) {
            first.ask("map " + read);
            dump(first);
        }
        Files.delete(read);
        Files.writeString(read, "what it was");
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.ask("count")).isEqualTo("1");
        }
    }

    @Test
    void aListeningSocketIsOpenAgain() throws Exception {
        int port;
        try (Running first = Running.start(folder, true)) {
            port = Integer.parseInt(first.ask("listen"));
            dump(first);
        }
        try (Running restored = Running.restore(host, image, work);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(41);
            assertThat(restored.ask("echo")).isEqualTo("41");
            assertThat(socket.getInputStream().read()).isEqualTo(42);
        }
    }

    @Test
    void aConnectedSocketIsRefusedByItsAddressesAndTheApplicationRunsOn() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Running running = Running.start(folder, true)) {
            running.ask("connect " + server.getLocalPort());
            try (Socket accepted = server.accept()) {
                HostStateException refusal = catchThrowableOfType(HostStateException.class, () -> dump(running));
                assertThat(refusal).hasMessageContaining("127.0.0.1:" + accepted.getPort() + " to ")
                        .hasMessageContaining("127.0.0.1:" + server.getLocalPort() + " is open (process "
                                + running.process.pid() + ", descriptor ")
                        .hasMessageContaining("org.crac")
                        .hasMessageContaining("--tcp close");
                assertThat(running.ask("count")).isEqualTo("1");
            }
            running.ask("disconnect");
            dump(running);
        }
    }

    @Test
    void aConnectedSocketIsDumpedAsClosedOnDemand() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Running running = Running.start(folder, true)) {
            running.ask("connect " + server.getLocalPort());
            try (Socket accepted = server.accept()) {
                host.dump(running.process, running.streams, DumpRequest.into(image, work).closingTcp());
                assertThat(running.ask("count")).isEqualTo("1");
                assertThat(accepted.isConnected()).isTrue();
            }
        }
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.ask("count")).isEqualTo("1");
            assertThat(restored.ask("disconnect")).isEqualTo("closed");
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
    void aUnixSocketToAnotherProcessIsRefusedByItsDescriptor() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("socket"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
                Running running = Running.start(folder, true)) {
            running.ask("unix " + address);
            SocketChannel accepted = server.accept();
            assertThatThrownBy(() -> dump(running)).isInstanceOf(HostStateException.class)
                    .hasMessageContaining("a unix socket is connected to a process outside of the application")
                    .hasMessageContaining("(process " + running.process.pid() + ", descriptor ")
                    .hasMessageContaining("org.crac");
            assertThat(running.ask("disconnect")).isEqualTo("closed");
            accepted.close();
            dump(running);
        }
    }

    @Test
    void aDeviceThatCannotBeSavedIsNamed() throws Exception {
        Path device = Stream.of("/dev/loop-control", "/dev/fuse", "/dev/kvm").map(Path::of).filter(Files::exists)
                .findFirst().orElseThrow(() -> new TestAbortedException("no device to open on this machine"));
        try (Running running = Running.start(folder, true)) {
            assertThat(running.ask("map " + device)).isEqualTo("empty");
            assertThatThrownBy(() -> dump(running)).isInstanceOf(HostStateException.class)
                    .hasMessageContaining(device.toString())
                    .hasMessageContaining("org.crac");
            assertThat(running.ask("count")).isEqualTo("1");
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

    @Test
    void anApplicationWithoutNamespacesIsNotDumped() throws Exception {
        try (Running running = Running.start(folder, false)) {
            assertThatThrownBy(() -> dump(running)).isInstanceOf(HostStateException.class)
                    .hasMessageContaining("without a process namespace of its own");
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
    void aPortThatIsTakenMeanwhileIsToldAndNothingIsLeftRunning() throws Exception {
        int port;
        try (Running first = Running.start(folder, true)) {
            port = Integer.parseInt(first.ask("listen"));
            dump(first);
        }
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> Running.restore(host, image, work)).isInstanceOf(HostStateException.class)
                    .hasMessageContaining("an address that the application listened on is in use")
                    .hasMessageContaining("restore.log");
            assertThat(taken.isBound()).isTrue();
        }
        assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)).isEmpty();
        try (Running restored = Running.restore(host, image, work)) {
            assertThat(restored.ask("count")).isEqualTo("1");
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
