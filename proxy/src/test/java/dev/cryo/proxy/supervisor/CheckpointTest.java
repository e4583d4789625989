package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.cryo.proxy.control.Connection;
import dev.cryo.proxy.control.ControlServer;
import dev.cryo.proxy.control.ControlSocket;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.control.ControlFrames;
import dev.cryo.streamlog.control.ControlMessage.Hello;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.ControlMessage.Attach;
import dev.cryo.streamlog.control.ControlMessage.Capture;
import dev.cryo.streamlog.control.ControlMessage.Captured;
import dev.cryo.streamlog.control.ControlMessage.Discard;
import dev.cryo.streamlog.control.ControlMessage.Done;
import dev.cryo.streamlog.control.ControlMessage.Drain;
import dev.cryo.streamlog.control.ControlMessage.Failed;
import dev.cryo.streamlog.control.ControlMessage.Gate;
import dev.cryo.streamlog.control.ControlMessage.Gated;
import dev.cryo.streamlog.control.ControlMessage.LowerHalfLost;
import dev.cryo.streamlog.control.ControlMessage.Persist;
import dev.cryo.streamlog.control.ControlMessage.Persisted;
import dev.cryo.streamlog.control.ControlMessage.Resume;
import dev.cryo.streamlog.control.ControlMessage.Role;
import dev.cryo.streamlog.control.ControlMessage.Running;
import dev.cryo.streamlog.control.ControlMessage.Suspend;
import dev.cryo.streamlog.control.ControlMessage.Suspended;
import dev.cryo.streamlog.control.ControlMessage.Welcome;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import dev.cryo.streamlog.log.LogCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class CheckpointTest {
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final SplitStages.Waits WAITS =
            new SplitStages.Waits(Duration.ofMillis(300), SHORT, Duration.ofSeconds(2), Duration.ofSeconds(2));

    @TempDir
    Path folder;

    private final Map<Class<?>, Supplier<@Nullable ControlMessage>> faults = new HashMap<>();
    private final FakeDump dump = new FakeDump();
    private Path socket;
    private ControlServer server;
    private volatile boolean lives = true;
    private Halves halves;
    private FakeHalf application;
    private FakeHalf proxy;

    private static final class FakeDump implements HostDump {
        private @Nullable HostStateException failure;
        private @Nullable Callable<Object> meanwhile;

        @Override
        public long estimate() {
            return 1 << 20;
        }

        @Override
        public long availableBytes() {
            return 8 << 20;
        }

        @Override
        public void into(Path target) throws HostStateException {
            if (failure != null) {
                throw failure;
            }
            try {
                Files.writeString(target.resolve("core-1.img"), "threads");
                Files.writeString(target.resolve("pages-1.img"), "heap");
                if (meanwhile != null) {
                    Object unused = meanwhile.call();
                }
            } catch (Exception e) {
                throw new HostStateException("fake", e);
            }
        }
    }

    private static final class Ignored implements Halves.Events {
        @Override
        public void applicationArrived(Connection application) {}

        @Override
        public void applicationLeft(Connection application) {}

        @Override
        public void proxyLeft() {}

        @Override
        public void checkpointWanted(Connection application) {}

        @Override
        public void contentsLost(String why) {}

        @Override
        public void asked(Connection command, ControlMessage request) {}

        @Override
        public void refused(String why) {}
    }

    @BeforeEach
    void connectHalves() throws Exception {
        socket = folder.resolve("control.sock");
        halves = new Halves(new Ignored());
        server = ControlServer.open(ControlSocket.listen(socket), halves);
        application = new FakeHalf(socket, Role.APPLICATION, this::answer);
        proxy = new FakeHalf(socket, Role.PROXY, this::answer);
        welcome(halves.returned(Duration.ofSeconds(10)).orElseThrow());
        assertThat(halves.proxy(Duration.ofSeconds(10))).isPresent();
    }

    /** A new application does not answer to that. */
    private void welcome(Connection arrived) throws Exception {
        faults.put(Welcome.class, () -> null);
        halves.welcome(arrived);
        while (!application.got(Welcome.class)) {
            Thread.sleep(1);
        }
        application.received.clear();
    }

    @AfterEach
    void close() throws Exception {
        application.close();
        proxy.close();
        server.close();
    }

    private @Nullable ControlMessage answer(ControlMessage request) {
        Supplier<@Nullable ControlMessage> fault = faults.remove(request.getClass());
        return fault == null ? goodAnswer(request) : fault.get();
    }

    private @Nullable ControlMessage goodAnswer(ControlMessage request) {
        return switch (request) {
            case Gate gate -> new Gated(LogCodec.encode(List.of()), 0);
            case Suspend suspend -> new Suspended();
            case Resume resume -> new Running();
            case Welcome welcome -> new Running();
            case Capture capture -> new Captured(4096);
            case Persist persist -> new Persisted(writeDevice(Path.of(persist.imageFolder())));
            case LowerHalfLost lost -> null;
            default -> new Done();
        };
    }

    private static byte[] writeDevice(Path imageFolder) {
        try (SectionWriter writer = SectionWriter.create(imageFolder, "device")) {
            writer.memory(Section.DEVICE, List.of(new LowerHalf.Range(0x1000_0000_0000L, 4096)), (address, into) ->
                    into.fill((byte) 7));
            writer.record(Section.DEVICE_STATE, new LowerHalf.DeviceState(5, List.of()));
            return writer.finish();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private Checkpoint checkpoint(boolean criu, boolean hold) {
        JobInfo job = new JobInfo(
                "job", "0", JobInfo.Arrangement.PROXY, "ptx", criu ? JobInfo.HostMode.CRIU : JobInfo.HostMode.APP,
                List.of("java"), List.of(), "/", List.of());
        SplitStages stages = new SplitStages(
                new SplitStages.Parts(
                        halves,
                        pid -> pid,
                        () -> lives,
                        server,
                        criu ? Optional.of(dump) : Optional.empty(),
                        ImageSettings.ORDINARY,
                        WAITS),
                SHORT);
        return new Checkpoint(stages, new Checkpoint.Target(store(), job, folder, ImageSettings.ORDINARY), hold);
    }

    private ImageStore store() {
        return ImageStore.in(folder.resolve("images"));
    }

    private void assertNoImage() throws IOException {
        assertThat(store().numbers()).isEmpty();
        try (Stream<Path> left = Files.list(folder.resolve("images"))) {
            assertThat(left.filter(Files::isDirectory)).containsExactly(folder.resolve("images/packs"));
        }
        assertThat(folder.resolve("images/packs")).isEmptyDirectory();
    }

    /** The proof that the application was let go: another checkpoint of it succeeds. */
    private void assertRunsOn(boolean criu) throws Exception {
        Checkpoint.Report next = checkpoint(criu, false).take();
        assertThat(store().numbers()).containsExactly(next.image());
    }

    @Nested
    class ThatSucceeds {
        @Test
        void leavesACompleteImageOfBothHalves() throws Exception {
            Checkpoint.Report report = checkpoint(true, false).take();
            assertThat(report.image()).isEqualTo(1);
            assertThat(report.pauseNanos()).isPositive().isLessThan(report.totalNanos());
            try (ImageReader image = store().read(1)) {
                image.verifyAll((done, of) -> { });
                assertThat(new String(image.bytes("host/pages-1.img"), StandardCharsets.UTF_8)).isEqualTo("heap");
                assertThat(image.log()).isEmpty();
                assertThat(image.section(Section.DEVICE).ranges()).hasSize(1);
                assertThat(image.manifest().job().property(Checkpoint.PAUSE_NANOS))
                        .contains(Long.toString(report.pauseNanos()));
            }
        }

        @Test
        void goesThroughTheStepsInOrder() throws Exception {
            checkpoint(true, false).take();
            assertThat(application.received).extracting(Object::getClass).map(Class::getSimpleName)
                    .containsExactly("Gate", "Suspend", "Welcome");
            assertThat(proxy.received).extracting(Object::getClass).map(Class::getSimpleName)
                    .containsExactly("Drain", "Capture", "Attach", "Persist");
        }

        /** It had connected before the socket was hidden, and says who it is after. */
        @Test
        void takesNoOtherJvmForTheOneThatIsSuspended() throws Exception {
            List<ControlMessage> answers = new ArrayList<>();
            try (SocketChannel other = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                dump.meanwhile = () -> {
                    ControlFrames.write(other, new Hello(Role.APPLICATION, 4711, 25, -1, 0));
                    return answers.add(ControlFrames.read(other));
                };
                checkpoint(true, false).take();
            }
            assertThat(answers).containsExactly(new Failed("this job has a running JVM already, process "
                    + ProcessHandle.current().pid() + " in its namespace; a job is one JVM at a time"));
            assertThat(application.got(Welcome.class)).isTrue();
        }

        @Test
        void doesNotSuspendAnApplicationThatSavesItself() throws Exception {
            checkpoint(false, false).take();
            assertThat(application.received).extracting(Object::getClass).map(Class::getSimpleName)
                    .containsExactly("Gate", "Resume");
            assertThat(proxy.received).contains(new Capture(true));
        }

        /** It would stand still while one is made. */
        @Test
        void makesNoFolderForAnApplicationThatIsNotDumped() throws Exception {
            List<Path> made = new ArrayList<>();
            faults.put(Capture.class, () -> {
                made.addAll(dumpFolders());
                return new Captured(4096);
            });
            checkpoint(false, false).take();
            assertThat(made).isEmpty();
            dump.meanwhile = () -> made.addAll(dumpFolders());
            checkpoint(true, false).take();
            assertThat(made).hasSize(1);
            assertThat(dumpFolders()).isEmpty();
        }

        private List<Path> dumpFolders() {
            String name = ".*/cryo-[0-9]+-" + ProcessHandle.current().pid() + "-[^/]*";
            try (Stream<Path> inMemory = Files.list(Path.of("/dev/shm"));
                    Stream<Path> onDisk = Files.list(folder)) {
                return Stream.concat(inMemory, onDisk)
                        .filter(path -> path.toString().matches(name))
                        .toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Test
        void keepsTheApplicationStillWhenTheJobEndsWithIt() throws Exception {
            Checkpoint checkpoint = checkpoint(true, true);
            checkpoint.take();
            assertThat(checkpoint.state()).isEqualTo(CheckpointState.HELD);
            assertThat(application.got(Welcome.class)).isFalse();
        }

        @Test
        void canBeFollowedByOthers() throws Exception {
            checkpoint(true, false).take();
            checkpoint(true, false).take();
            assertThat(checkpoint(true, false).take().image()).isEqualTo(3);
        }
    }

    @Nested
    class ThatFails {
        @ParameterizedTest
        @ValueSource(classes = {Drain.class, Capture.class, Suspend.class, Persist.class})
        void letsTheApplicationGoOnAndLeavesNoImage(Class<?> step) throws Exception {
            faults.put(step, () -> new Failed("told to fail"));
            assertThatThrownBy(() -> checkpoint(true, false).take())
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageStartingWith("checkpoint failed while ")
                    .hasMessageContaining("told to fail")
                    .satisfies(e -> assertThat(((CheckpointException) e).category())
                            .isNotEqualTo(CheckpointException.Category.FATAL));
            assertNoImage();
            assertRunsOn(true);
        }

        @ParameterizedTest
        @ValueSource(classes = {Drain.class, Capture.class, Persist.class})
        void letsAnApplicationThatSavesItselfGoOn(Class<?> step) throws Exception {
            faults.put(step, () -> new Failed("told to fail"));
            assertThatThrownBy(() -> checkpoint(false, false).take()).isInstanceOf(CheckpointException.class);
            assertNoImage();
            assertRunsOn(false);
        }

        @ParameterizedTest
        @ValueSource(classes = {Gate.class, Drain.class, Capture.class, Suspend.class, Persist.class})
        void saysWhatItWaitedFor(Class<?> step) throws Exception {
            faults.put(step, () -> null);
            assertThatThrownBy(() -> checkpoint(true, false).take())
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining(" s for the ");
            assertNoImage();
        }

        @Test
        void atTheGateTellsWhatStillRuns() throws Exception {
            faults.put(Gate.class, () -> new Failed("calls are under way after 300 ms"));
            faults.put(Drain.class, () -> new Failed("kernel spin"));
            assertThatThrownBy(() -> checkpoint(true, false).take())
                    .isInstanceOf(CheckpointException.NotAtRest.class)
                    .hasMessage("checkpoint failed while closing the gate: "
                            + "calls are under way after 300 ms (kernel spin)");
            assertThat(application.got(Resume.class)).isFalse();
            assertNoImage();
            assertRunsOn(true);
        }

        @Test
        void isOverAtOnceWhenTheApplicationHasEnded() {
            dump.meanwhile = () -> {
                lives = false;
                application.close();
                return "ended";
            };
            assertThatThrownBy(() -> checkpoint(true, false).take())
                    .isInstanceOf(CheckpointException.NotReleased.class)
                    .hasMessage("checkpoint failed while letting the application go on: the application has ended;"
                            + " and the application could not go on: the application has ended");
        }

        @Test
        void forWantOfMemoryGivesBackWhatItHasTaken() throws Exception {
            dump.meanwhile = () -> {
                throw new OutOfMemoryError("pretended");
            };
            Throwable failure = catchThrowable(() -> checkpoint(true, false).take());
            dump.meanwhile = null;
            assertThat(failure)
                    .isInstanceOf(CheckpointException.NotSaved.class)
                    .hasMessage("checkpoint failed while saving the application's process: the supervisor cannot go on"
                            + " with it: java.lang.OutOfMemoryError: pretended");
            assertThat(proxy.got(Discard.class)).isTrue();
            assertNoImage();
            assertRunsOn(true);
        }

        @Test
        void asksNothingOfAnApplicationThatIsStillStarting() throws Exception {
            Connection first = halves.application().orElseThrow();
            application.close();
            assertThat(halves.hasLeft(first, Duration.ofSeconds(10))).isTrue();
            application = new FakeHalf(socket, Role.APPLICATION, CheckpointTest.this::answer);
            Connection second = halves.returned(Duration.ofSeconds(10)).orElseThrow();

            assertThatThrownBy(() -> checkpoint(true, false).take())
                    .hasMessage("checkpoint failed while closing the gate: the application's JVM is not connected: "
                            + "it is still starting or has ended");
            assertThat(application.received).isEmpty();
            halves.welcome(first);
            assertThat(halves.welcomed()).isEmpty();
            welcome(second);
            assertRunsOn(true);
        }

        @Test
        void inTheDumpAttachesTheDeviceAgain() throws Exception {
            dump.failure = new HostStateException("cannot", List.of("a connected socket; close it"));
            Throwable failure = catchThrowable(() -> checkpoint(true, false).take());
            dump.failure = null;
            assertThat(failure)
                    .isInstanceOf(CheckpointException.NotSaved.class)
                    .hasMessage("checkpoint failed while saving the application's process: cannot: "
                            + "a connected socket; close it");
            assertThat(proxy.got(Discard.class)).isTrue();
            assertThat(proxy.got(Attach.class)).isTrue();
            assertNoImage();
            assertRunsOn(true);
        }

        @Test
        void withTheProxyGoneLetsTheApplicationGoOnAndTellsIt() throws Exception {
            faults.put(Persist.class, () -> FakeHalf.HANG_UP);
            assertThatThrownBy(() -> checkpoint(true, false).take())
                    .isInstanceOf(CheckpointException.NotSaved.class)
                    .hasMessageContaining("the proxy has closed its control connection");
            assertThat(application.got(Welcome.class)).isTrue();
            assertNoImage();
        }

        @Test
        void withTheProxyGoneWhileSuspendedTellsTheApplication() throws Exception {
            faults.put(Attach.class, () -> FakeHalf.HANG_UP);
            assertThatThrownBy(() -> checkpoint(true, false).take())
                    .isInstanceOf(CheckpointException.NotSaved.class)
                    .hasMessageContaining("the lower half could not be attached again");
            assertThat(application.got(Welcome.class)).isTrue();
            assertNoImage();
        }

        @Test
        void withTheApplicationGoneSaysSo() throws Exception {
            faults.put(Gate.class, () -> FakeHalf.HANG_UP);
            assertThatThrownBy(() -> checkpoint(true, false).take())
                    .isInstanceOf(CheckpointException.NotAtRest.class)
                    .hasMessageContaining("the application has closed its control connection");
            assertNoImage();
        }

        @Test
        void whileTheJobEndsLetsTheApplicationGoOn() throws Exception {
            faults.put(Persist.class, () -> new Failed("no space left"));
            assertThatThrownBy(() -> checkpoint(true, true).take()).hasMessageContaining("no space left");
            assertThat(application.got(Welcome.class)).isTrue();
            assertNoImage();
            assertRunsOn(true);
        }

        @Test
        void isFatalOnlyIfTheApplicationDoesNotComeBack() throws Exception {
            faults.put(Welcome.class, () -> FakeHalf.HANG_UP);
            assertThatThrownBy(() -> checkpoint(true, false).take())
                    .isInstanceOfSatisfying(CheckpointException.class, e ->
                            assertThat(e.category()).isEqualTo(CheckpointException.Category.FATAL));
            assertNoImage();
        }
    }
}
