package dev.cryo.upper.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.ControlMessage.Outcome;
import dev.cryo.streamlog.control.ControlMessage.Role;
import dev.cryo.streamlog.log.LogCodec;
import dev.cryo.upper.fake.Rig;
import dev.cryo.upper.fake.Supervisor;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class CheckpointClientTest {
    private static final ControlMessage.Hello HELLO = new ControlMessage.Hello(Role.APPLICATION, 7, 25, 5, 4096);
    private static final Duration LONG = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    private final Rig rig = Rig.start();
    private final Resources resources = new Resources();
    private final BusyGate gate = new BusyGate(rig.channel());
    private final List<String> rebuilt = Collections.synchronizedList(new ArrayList<>());
    private volatile UnaryOperator<ControlMessage> lowerHalf =
            request -> new ControlMessage.Failed("no lower half for " + request.getClass().getSimpleName());
    private Supervisor supervisor;
    private CheckpointClient client;

    @BeforeEach
    void listen() throws IOException {
        Path socket = folder.resolve("control.sock");
        supervisor = new Supervisor(socket);
        client = new CheckpointClient(
                socket,
                HELLO,
                gate,
                rig.log(),
                resources,
                request -> lowerHalf.apply(request),
                new CheckpointClient.Welcomed() {
                    @Override
                    public void map(byte[] log) {
                        rebuilt.add("mapped " + log.length);
                    }

                    @Override
                    public void rebuild(Outcome outcome, byte[] log) {
                        rebuilt.add(outcome + " " + log.length);
                    }
                });
    }

    @AfterEach
    void close() throws IOException {
        supervisor.close();
    }

    /** A gate that waits for a call that is never answered, if it shall. */
    private static final class BusyGate implements CheckpointGate {
        private final CheckpointGate gate;
        volatile boolean busy;
        volatile boolean lost;

        BusyGate(CheckpointGate gate) {
            this.gate = gate;
        }

        @Override
        public void close() {
            gate.close();
        }

        @Override
        public void open() {
            gate.open();
        }

        @Override
        public boolean awaitQuiet(Duration timeout) throws InterruptedException {
            if (busy) {
                Thread.sleep(timeout);
            }
            return !busy && gate.awaitQuiet(timeout);
        }

        @Override
        public void lost() {
            lost = true;
            gate.lost();
        }
    }

    /** Resources that note what they are told, and refuse if they shall. */
    private static final class Resources implements CheckpointResources {
        final List<String> told = Collections.synchronizedList(new ArrayList<>());
        volatile boolean refuse;
        volatile int failures;

        @Override
        public List<Throwable> beforeCheckpoint() {
            told.add("before");
            failIfItShall();
            return refuse ? List.of(new IOException("busy")) : List.of();
        }

        private void failIfItShall() {
            if (failures > 0) {
                failures--;
                throw new OutOfMemoryError("no room");
            }
        }

        @Override
        public int told() {
            return 2;
        }

        @Override
        public List<Throwable> afterRestore() {
            told.add("after");
            failIfItShall();
            return List.of();
        }

        @Override
        public CheckpointResources unregistered() {
            return new Resources();
        }
    }

    private void start() throws Exception {
        CompletableFuture<Outcome> started = CompletableFuture.supplyAsync(() -> {
            try {
                return client.start(LONG);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(supervisor.accept()).isEqualTo(HELLO);
        supervisor.write(new ControlMessage.Welcome(Outcome.STARTED, new byte[0]));
        assertThat(started.get(10, TimeUnit.SECONDS)).isEqualTo(Outcome.STARTED);
    }

    private CompletableFuture<Void> callInBackground() {
        return CompletableFuture.runAsync(() -> assertThat(synchronize()).isZero());
    }

    private int synchronize() {
        return Rig.code(() -> rig.cuda().contexts().synchronize(rig.context()));
    }

    private void gate() throws IOException {
        assertThat(supervisor.ask(new ControlMessage.Gate(1000))).isInstanceOfSatisfying(
                ControlMessage.Gated.class,
                gated -> assertThat(LogCodec.decode(gated.log())).isEqualTo(rig.log().calls()));
    }

    @Test
    void theApplicationStartsWhenItIsWelcome() throws Exception {
        start();
        assertThat(rebuilt).containsExactly("STARTED 0");
    }

    @Test
    void withoutASupervisorItDoesNotStart() throws IOException {
        supervisor.close();
        assertThatThrownBy(() -> client.start(LONG)).hasMessageContaining("the supervisor cannot be reached at");
    }

    @Test
    void whoIsTurnedAwaySaysWhy() {
        CompletableFuture<Void> answered = CompletableFuture.runAsync(() -> {
            try {
                supervisor.accept();
                supervisor.write(new ControlMessage.Failed("another application has this job"));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThatThrownBy(() -> client.start(LONG)).hasMessageContaining("another application has this job");
        answered.join();
    }

    @Test
    void aClosedGateHoldsUpCallsUntilTheApplicationResumes() throws Exception {
        start();
        gate();
        CompletableFuture<Void> call = callInBackground();
        Thread.sleep(50);
        assertThat(call).isNotDone();
        assertThat(supervisor.ask(new ControlMessage.Resume())).isEqualTo(new ControlMessage.Running());
        call.get(10, TimeUnit.SECONDS);
        assertThat(resources.told).containsExactly("before", "after");
    }

    @Test
    void whoWaitsForACallHearsThatNobodyWillAnswerIt() throws Exception {
        start();
        gate.busy = true;
        supervisor.write(new ControlMessage.Gate(60_000));
        Thread.sleep(250);
        assertThat(gate.lost).isFalse();
        supervisor.write(new ControlMessage.LowerHalfLost("killed"));
        assertThat(supervisor.read()).isEqualTo(new ControlMessage.Failed("the lower half is gone"));
        assertThat(gate.lost).isTrue();
        assertThat(resources.told).containsExactly("before", "after");
    }

    @Test
    void whatElseComesWhileTheGateIsClosedIsAnsweredAfterIt() throws Exception {
        start();
        gate.busy = true;
        supervisor.write(new ControlMessage.Gate(450));
        supervisor.write(new ControlMessage.Resume());
        supervisor.write(new ControlMessage.Resume());
        assertThat(supervisor.read()).isEqualTo(new ControlMessage.Failed(
                "after 450 ms the application still waits for work of the device"));
        assertThat(supervisor.read()).isEqualTo(new ControlMessage.Running());
        assertThat(supervisor.read()).isEqualTo(new ControlMessage.Running());
        gate.busy = false;
        gate();
    }

    @Test
    void aSuspendedApplicationComesBackAndIsRestored() throws Exception {
        start();
        gate();
        CompletableFuture<Void> call = callInBackground();
        assertThat(supervisor.ask(new ControlMessage.Suspend())).isEqualTo(new ControlMessage.Suspended());
        assertThatThrownBy(() -> supervisor.read()).isInstanceOf(EOFException.class);
        assertThat(supervisor.accept()).isEqualTo(HELLO);
        assertThat(call).isNotDone();
        supervisor.write(new ControlMessage.Welcome(Outcome.RESTORED, new byte[0]));
        assertThat(supervisor.read()).isEqualTo(new ControlMessage.Running());
        call.get(10, TimeUnit.SECONDS);
        assertThat(resources.told).containsExactly("before", "after");
        assertThat(rebuilt).containsExactly("STARTED 0", "RESTORED 0");
        gate();
    }

    @Test
    void aResourceThatRefusesMakesTheCheckpointFailAndTheApplicationRunsOn() throws Exception {
        start();
        resources.refuse = true;
        assertThat(supervisor.ask(new ControlMessage.Gate(1000)))
                .isEqualTo(new ControlMessage.Failed(
                        "a resource of the application refused: java.io.IOException: busy"));
        callInBackground().get(10, TimeUnit.SECONDS);
        assertThat(resources.told).containsExactly("before", "after");
        resources.refuse = false;
        gate();
    }

    @Test
    void aFullHeapMakesTheCheckpointFailAndTheNextOneIsTakenOverTheSameConnection() throws Exception {
        start();
        resources.failures = 3;
        assertThat(supervisor.ask(new ControlMessage.Gate(1000))).isEqualTo(new ControlMessage.Failed(
                "the application's memory is used up: java.lang.OutOfMemoryError: no room"));
        assertThat(resources.told).containsExactly("before", "after", "after", "after");
        callInBackground().get(10, TimeUnit.SECONDS);
        gate();
        resources.failures = 1;
        assertThat(supervisor.ask(new ControlMessage.Resume())).isEqualTo(new ControlMessage.Running());
        callInBackground().get(10, TimeUnit.SECONDS);
        gate();
    }

    @Test
    void anImageThatTheHeapHasNoRoomForIsAnsweredAndWhatFollowsToo() throws Exception {
        start();
        lowerHalf = request -> {
            throw new OutOfMemoryError("no room");
        };
        supervisor.write(new ControlMessage.Persist("image", 1, true, new byte[0], List.of()));
        supervisor.write(new ControlMessage.Resume());
        assertThat(supervisor.read()).isEqualTo(new ControlMessage.Failed("the application's memory is used up"));
        assertThat(supervisor.read()).isEqualTo(new ControlMessage.Running());
    }

    @Test
    void aRehearsalTouchesNeitherTheGateNorTheResources() throws Exception {
        start();
        gate.busy = true; // It would wait.
        client.rehearse();
        gate.busy = false;
        assertThat(resources.told).isEmpty();
        callInBackground().get(10, TimeUnit.SECONDS);
        gate();
    }

    @Test
    void aCallThatDoesNotEndMakesTheCheckpointFailInTime() throws Exception {
        start();
        rig.device().hold(true);
        CompletableFuture<Void> endless = callInBackground();
        while (rig.device().held() == 0) {
            Thread.sleep(1);
        }
        assertThat(supervisor.ask(new ControlMessage.Gate(50)))
                .isEqualTo(new ControlMessage.Failed(
                        "after 50 ms the application still waits for work of the device"));
        rig.device().hold(false);
        endless.get(10, TimeUnit.SECONDS);
        callInBackground().get(10, TimeUnit.SECONDS);
        gate();
    }

    @Test
    void aSupervisorThatDiesDuringACheckpointDoesNoHarm() throws Exception {
        start();
        gate();
        CompletableFuture<Void> call = callInBackground();
        supervisor.hangUp();
        call.get(10, TimeUnit.SECONDS);
        // It tries to be welcomed again when it has let the application go on.
        supervisor.accept();
        assertThat(resources.told).containsExactly("before", "after");
    }

    @Test
    void aSupervisorThatIsGoneForGoodTakesTheProxyWithIt() throws Exception {
        start();
        rig.device().hold(true);
        supervisor.close();
        while (Rig.code(() -> rig.cuda().contexts().current()) != 46) {
            Thread.sleep(10);
        }
    }

    @Test
    void aLostLowerHalfEndsAllWaiting() throws Exception {
        start();
        gate();
        CompletableFuture<Integer> call = CompletableFuture.supplyAsync(this::synchronize);
        supervisor.write(new ControlMessage.LowerHalfLost("killed"));
        assertThat(call.get(10, TimeUnit.SECONDS)).isEqualTo(46);
        assertThat(Rig.code(() -> rig.cuda().contexts().current())).isEqualTo(46);
    }

    @Test
    void aLowerHalfThatIsLostWhileTheApplicationWasAwayIsNoAnswerToItsWelcome() throws Exception {
        start();
        gate();
        CompletableFuture<Integer> call = CompletableFuture.supplyAsync(this::synchronize);
        supervisor.ask(new ControlMessage.Suspend());
        assertThatThrownBy(() -> supervisor.read()).isInstanceOf(EOFException.class);
        assertThat(supervisor.accept()).isEqualTo(HELLO);
        supervisor.write(new ControlMessage.LowerHalfLost("killed"));
        supervisor.write(new ControlMessage.Welcome(Outcome.CONTINUED, new byte[0]));
        assertThat(supervisor.read()).isEqualTo(new ControlMessage.Running());
        assertThat(supervisor.ask(new ControlMessage.Welcome(Outcome.CONTINUED, new byte[0])))
                .isEqualTo(new ControlMessage.Running());
        assertThat(call.get(10, TimeUnit.SECONDS)).isEqualTo(46);
    }

    @Test
    void theApplicationItselfCanAskForACheckpoint() throws Exception {
        start();
        CompletableFuture<CheckpointRequests.Outcome> asked = ask();
        assertThat(supervisor.read()).isEqualTo(new ControlMessage.CheckpointWanted());
        gate();
        assertThat(asked).isNotDone();
        supervisor.ask(new ControlMessage.Resume());
        assertThat(asked.get(10, TimeUnit.SECONDS).taken()).isTrue();
    }

    @Test
    void theApplicationIsToldWhyItsCheckpointFailed() throws Exception {
        start();
        CompletableFuture<CheckpointRequests.Outcome> refused = ask();
        assertThat(supervisor.read()).isEqualTo(new ControlMessage.CheckpointWanted());
        supervisor.write(new ControlMessage.Failed("no space"));
        assertThat(refused.get(10, TimeUnit.SECONDS).failures()).singleElement().hasToString(
                "java.io.IOException: no space");
        CompletableFuture<CheckpointRequests.Outcome> failed = ask();
        assertThat(supervisor.read()).isEqualTo(new ControlMessage.CheckpointWanted());
        gate();
        supervisor.ask(new ControlMessage.Resume("disk full"));
        assertThat(failed.get(10, TimeUnit.SECONDS).taken()).isFalse();
        assertThat(failed.get().failures()).singleElement().hasToString("java.io.IOException: disk full");
    }

    private CompletableFuture<CheckpointRequests.Outcome> ask() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return client.checkpoint(LONG);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void requestsToALowerHalfAreAnsweredBeforeTheWelcomeToo() throws Exception {
        CompletableFuture<Outcome> started = CompletableFuture.supplyAsync(() -> {
            try {
                return client.start(LONG);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        supervisor.accept();
        assertThat(supervisor.ask(new ControlMessage.Restore("image", false, new byte[0])))
                .isEqualTo(new ControlMessage.Failed("no lower half for Restore"));
        byte[] log = LogCodec.encode(List.of(new Call.CtxCreate(1, 2, 0, 0, false)));
        assertThat(supervisor.ask(new ControlMessage.Adopt(log))).isEqualTo(new ControlMessage.Done());
        supervisor.write(new ControlMessage.Welcome(Outcome.RESTORED, log));
        assertThat(started.get(10, TimeUnit.SECONDS)).isEqualTo(Outcome.RESTORED);
        assertThat(rebuilt).containsExactly("mapped " + log.length, "RESTORED " + log.length);
    }
}
