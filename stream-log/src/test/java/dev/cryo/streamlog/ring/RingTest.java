package dev.cryo.streamlog.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CallChannel.CallFailedException;
import dev.cryo.streamlog.call.CudaResult;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RingTest {
    private final List<Call> log = Collections.synchronizedList(new ArrayList<>());
    private final RecordingLowerHalf lowerHalf = new RecordingLowerHalf();
    private RingClient client;
    private RingServer server;

    @BeforeEach
    void attach() throws Exception {
        client = RingClient.create(log::add);
        server = newServer();
    }

    private RingServer newServer() throws Exception {
        return RingServer.attach(ProcessHandle.current().pid(), client.descriptor(), client.bytes(), lowerHalf);
    }

    @AfterEach
    void detach() throws Exception {
        lowerHalf.releaseAnswers();
        server.close();
        client.close();
        lowerHalf.close();
    }

    @Test
    void callsOfManyThreadsArriveWholeAndInTheOrderOfEachThread() throws Exception {
        int threads = 8;
        int calls = 20_000;
        run(threads, thread -> {
            Random random = new Random(thread);
            for (int i = 0; i < calls; i++) {
                client.queue(new Call.MemWrite(thread, i, new byte[random.nextInt(100)]));
            }
            client.call(new Call.StreamSync(thread));
        });
        long[] next = new long[threads];
        int seen = 0;
        for (Call call : lowerHalf.executed()) {
            if (call instanceof Call.MemWrite write) {
                assertThat(write.address()).isEqualTo(next[(int) write.stream()]++);
                seen++;
            }
        }
        assertThat(seen).isEqualTo(threads * calls);
    }

    @Test
    void answersComeBackToTheirCallersInAnyOrder() throws Exception {
        lowerHalf.answerLater(new Random(7));
        run(16, thread -> {
            for (int i = 0; i < 300; i++) {
                long expected = thread * 1000L + i;
                assertThat(client.call(new Call.EventElapsed(thread, expected)).nanoseconds()).isEqualTo(expected);
            }
        });
    }

    @Test
    void anErrorIsThrownWithItsCodeAndIsNotLogged() {
        lowerHalf.failWith(CudaResult.OUT_OF_MEMORY);
        assertThatThrownBy(() -> client.call(new Call.MemMap(1, 2, 3)))
                .isInstanceOfSatisfying(
                        CallFailedException.class, e -> assertThat(e.code()).isEqualTo(CudaResult.OUT_OF_MEMORY));
        assertThat(log).isEmpty();
    }

    @Test
    void aCallLargerThanTheRingTakesGoesThroughStaging() throws Exception {
        byte[] image = new byte[3_000_000];
        new Random(3).nextBytes(image);
        client.call(new Call.ModuleLoad(1, 2, image, 3, 0));
        Call.ModuleLoad arrived = (Call.ModuleLoad) lowerHalf.executed().getLast();
        assertThat(arrived.image()).isEqualTo(image);
        long[] areas = new long[3];
        for (int i = 0; i < areas.length; i++) {
            areas[i] = client.reserveStaging(client.stagingLimit());
        }
        assertThat(areas).doesNotHaveDuplicates();
    }

    @Test
    void aClosedGateHoldsCallsBackUntilItOpens() throws Exception {
        client.closeGate();
        assertThat(client.awaitQuiet(Duration.ofSeconds(5))).isTrue();
        AtomicBoolean passed = new AtomicBoolean();
        Thread caller = Thread.ofPlatform().start(() -> {
            client.queue(new Call.EventRecord(1, 2));
            passed.set(true);
        });
        Thread.sleep(300);
        assertThat(passed).isFalse();
        assertThat(lowerHalf.executed()).isEmpty();
        client.openGate();
        caller.join();
        assertThat(client.call(new Call.StreamSync(0))).isEqualTo(Call.Done.DONE);
        assertThat(lowerHalf.executed().getFirst()).isEqualTo(new Call.EventRecord(1, 2));
    }

    @Test
    void oneCallPassesAClosedGateBeforeThoseThatWaitThere() throws Exception {
        client.closeGate();
        Thread caller = Thread.ofPlatform().start(() -> client.queue(new Call.EventRecord(1, 2)));
        Thread.sleep(100);
        Call.ManagedOpen open = new Call.ManagedOpen(3, 4, 1 << 20, 1 << 20, false, true);
        assertThat(client.callPastGate(open)).isEqualTo(Call.Done.DONE);
        assertThat(lowerHalf.executed()).containsExactly(open);
        assertThat(client.awaitQuiet(Duration.ofSeconds(5))).isTrue();
        client.openGate();
        caller.join();
        assertThat(client.call(new Call.StreamSync(0))).isEqualTo(Call.Done.DONE);
        assertThat(lowerHalf.executed())
                .containsExactly(open, new Call.EventRecord(1, 2), new Call.StreamSync(0));
    }

    @Test
    void quietIsNotReachedWhileABlockingCallWaits() throws Exception {
        lowerHalf.holdAnswers();
        Thread caller = Thread.ofPlatform().start(() -> callUnchecked(new Call.StreamSync(5)));
        lowerHalf.awaitExecuted(1);
        client.closeGate();
        assertThat(client.awaitQuiet(Duration.ofMillis(200))).isFalse();
        lowerHalf.releaseAnswers();
        assertThat(client.awaitQuiet(Duration.ofSeconds(5))).isTrue();
        client.openGate();
        caller.join();
    }

    @Test
    void atAQuietGateTheLogHoldsWhatWasExecutedThroughManyDetachments() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong ids = new AtomicLong();
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int kind = i;
            callers.add(Thread.ofPlatform().start(() -> {
                while (!stop.get()) {
                    LockSupport.parkNanos(20_000);
                    if (kind % 2 == 0) {
                        client.queue(new Call.EventCreate(ids.incrementAndGet(), 1, 0));
                    } else {
                        callUnchecked(new Call.MemMap(ids.incrementAndGet(), 1, 1));
                    }
                }
            }));
        }
        for (int checkpoint = 0; checkpoint < 30; checkpoint++) {
            Thread.sleep(5);
            client.closeGate();
            assertThat(client.awaitQuiet(Duration.ofSeconds(10))).isTrue();
            assertThat(log).hasSameSizeAs(lowerHalf.executed()); // ids are unique, so sets compare exactly
            assertThat(new HashSet<>(log).equals(new HashSet<>(lowerHalf.executed()))).isTrue();
            server.close();
            server = newServer();
            client.openGate();
        }
        stop.set(true);
        for (Thread caller : callers) {
            caller.join();
        }
    }

    @Test
    void lossOfTheLowerHalfEndsAllWaiting() throws Exception {
        lowerHalf.holdAnswers();
        int epoch = client.faultEpoch();
        List<Integer> codes = Collections.synchronizedList(new ArrayList<>());
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            callers.add(Thread.ofPlatform().start(() -> codes.add(callUnchecked(new Call.StreamSync(5)))));
        }
        lowerHalf.awaitExecuted(3);
        client.lost();
        for (Thread caller : callers) {
            caller.join();
        }
        assertThat(codes).containsOnly(CudaResult.DEVICE_UNAVAILABLE).hasSize(3);
        assertThat(client.faultEpoch()).isNotEqualTo(epoch);
        assertThat(callUnchecked(new Call.StreamSync(5))).isEqualTo(CudaResult.DEVICE_UNAVAILABLE);
        client.queue(new Call.EventRecord(1, 2));
    }

    @Test
    void anErrorWhileACallIsLoggedLeavesNoHoleInTheRing() throws Exception {
        RingClient small = RingClient.create(call -> {
            if (call instanceof Call.EventCreate create && create.event() == 13) {
                throw new OutOfMemoryError("no room");
            }
            log.add(call);
        });
        try (RingServer other = serve(small)) {
            small.queue(new Call.EventCreate(12, 1, 0));
            assertThatThrownBy(() -> small.queue(new Call.EventCreate(13, 1, 0))).hasMessage("no room");
            small.queue(new Call.EventCreate(14, 1, 0));
            small.call(new Call.MemMap(15, 1, 1));
            assertThat(log).hasSize(3).isEqualTo(lowerHalf.executed());
            small.closeGate();
            assertThat(small.awaitQuiet(Duration.ofSeconds(5))).isTrue();
        }
    }

    @Test
    void anAnswerThatCouldNotBeLoggedIsLoggedBeforeItIsQuiet() throws Exception {
        int[] failures = {2};
        RingClient small = RingClient.create(call -> {
            if (failures[0]-- > 0) {
                throw new OutOfMemoryError("no room");
            }
            log.add(call);
        });
        try (RingServer other = serve(small)) {
            assertThatThrownBy(() -> small.call(new Call.MemMap(1, 1, 1))).hasMessage("no room");
            assertThatThrownBy(() -> small.queue(new Call.EventRecord(1, 1))).hasMessage("no room");
            small.closeGate();
            assertThat(small.awaitQuiet(Duration.ofSeconds(5))).isTrue();
            assertThat(log).containsExactly(new Call.MemMap(1, 1, 1)).isEqualTo(lowerHalf.executed());
        }
    }

    @Test
    void aUsedUpStackLeavesRingAndLogWholeWhereverItEnds() throws Exception {
        SmallStack stack = new SmallStack(1000, id -> {
            Call.Queued call = new Call.EventCreate(id, 1, 0);
            client.queue(call);
            return call;
        });
        stack.run();
        assertThat(stack.errors()).isPositive();
        SmallStack waiting = new SmallStack(200, id -> {
            Call.Blocking<Call.Done> call = new Call.MemMap(id, 1, 1);
            try {
                client.call(call);
            } catch (CallFailedException e) {
                throw new IllegalStateException(e);
            }
            return call;
        });
        waiting.run();
        assertThat(waiting.errors()).isPositive();
        client.closeGate();
        assertThat(client.awaitQuiet(Duration.ofSeconds(10))).isTrue();
        assertThat(new HashSet<>(log)).hasSameSizeAs(log);
        assertThat(new HashSet<>(log)).isEqualTo(new HashSet<>(lowerHalf.executed()));
        assertThat(lowerHalf.executed()).hasSameSizeAs(log);
        assertThat(log.stream().filter(Call.EventCreate.class::isInstance).toList()).isEqualTo(stack.done());
        assertThat(log).containsAll(waiting.done());
        client.openGate();
        client.call(new Call.StreamSync(1));
    }

    @Test
    void whoWaitsForASlotIsToldOfTheLoss() throws Exception {
        lowerHalf.holdAnswers();
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < RingDescriptor.SLOTS + 5; i++) {
            callers.add(Thread.startVirtualThread(() -> callUnchecked(new Call.StreamSync(5))));
        }
        client.lost();
        for (Thread caller : callers) {
            caller.join();
        }
    }

    /** As when an application has lost its supervisor in a checkpoint, and opens its gate. */
    @Test
    void memoryStaysMappedWhileCallsOfAnOpenGateRun() throws Exception {
        lowerHalf.holdAnswers();
        CompletableFuture<Void> call = CompletableFuture.runAsync(() -> {
            try {
                client.call(new Call.CtxSync(7));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        lowerHalf.awaitExecuted(1);
        assertThatThrownBy(server::close)
                .isInstanceOf(IOException.class)
                .hasMessage("the application goes on, and the device runs 1 calls");
        lowerHalf.releaseAnswers();
        call.get(10, TimeUnit.SECONDS);
        server = newServer();
        client.call(new Call.CtxSync(8));
        assertThat(lowerHalf.executed()).containsExactly(new Call.CtxSync(7), new Call.CtxSync(8));
    }

    private RingServer serve(RingClient of) throws Exception {
        return RingServer.attach(ProcessHandle.current().pid(), of.descriptor(), of.bytes(), lowerHalf);
    }

    @Test
    void stagingAreasNeverOverlapWhileTheyAreTaken() throws Exception {
        run(6, thread -> {
            Random random = new Random(thread);
            for (int i = 0; i < 2000; i++) {
                int bytes = 1 + random.nextInt(1 << random.nextInt(24));
                long offset = client.reserveStaging(bytes);
                client.staging().set(ValueLayout.JAVA_INT_UNALIGNED, offset, (int) thread);
                client.staging().set(ValueLayout.JAVA_BYTE, offset + bytes - 1, (byte) thread);
                Thread.onSpinWait();
                assertThat(client.staging().get(ValueLayout.JAVA_BYTE, offset + bytes - 1))
                        .isEqualTo((byte) thread);
                client.releaseStaging(offset, bytes);
            }
        });
    }

    private int callUnchecked(Call.Blocking<?> call) {
        try {
            client.call(call);
            return CudaResult.SUCCESS;
        } catch (CallFailedException e) {
            return e.code();
        }
    }

    private interface Body {
        void run(long thread) throws Exception;
    }

    private static void run(int count, Body body) throws Exception {
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    body.run(number);
                } catch (Throwable e) {
                    failures.add(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }
}
