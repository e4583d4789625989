package dev.cryo.lower.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every device does with streams, events and contexts. */
@Timeout(60)
public abstract class StreamsContract {
    protected static final long MIB = 1 << 20;
    protected static final long STREAM = 10;
    protected static final long EVENT = 20;
    protected static final int NON_BLOCKING = 1;
    private static final int DISABLE_TIMING = 2;

    protected final TestBed bed;
    protected DeviceRig rig;
    protected long memory;

    protected StreamsContract(TestBed bed) {
        this.bed = bed;
    }

    @BeforeEach
    void open() throws Exception {
        rig = DeviceRig.withContext(bed.open());
        memory = rig.map(0, 256 * MIB);
        rig.queue(new Call.StreamCreate(STREAM, DeviceRig.CONTEXT, NON_BLOCKING, 0));
        rig.queue(new Call.EventCreate(EVENT, DeviceRig.CONTEXT, 0));
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        bed.close();
    }

    /** Gives a stream work that takes a while. */
    protected void occupy(long stream) {
        for (int i = 1; i <= 20; i++) {
            rig.queue(new Call.MemSet(stream, memory, 0, 1, i, 256 * MIB, 1));
        }
    }

    @Test
    void tellsWhetherWorkIsUnderWay() {
        assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.SUCCESS);
        assertThat(rig.code(new Call.EventQuery(EVENT))).isEqualTo(CudaResult.SUCCESS);
        try (DeviceRig.Hold hold = rig.hold(STREAM)) {
            rig.queue(new Call.EventRecord(EVENT, STREAM));
            assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.NOT_READY);
            assertThat(rig.code(new Call.EventQuery(EVENT))).isEqualTo(CudaResult.NOT_READY);
            assertThat(rig.code(new Call.StreamQuery(DeviceRig.DEFAULT))).isEqualTo(CudaResult.SUCCESS);
        }
        rig.call(new Call.EventSync(EVENT));
        assertThat(rig.code(new Call.EventQuery(EVENT))).isEqualTo(CudaResult.SUCCESS);
        rig.call(new Call.StreamSync(STREAM));
        assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.SUCCESS);
    }

    @Test
    void answersWhoWaitsOnceItHasEndedAndNotBefore() throws InterruptedException {
        List<CompletableFuture<DeviceRig.Outcome>> waiting = new ArrayList<>();
        try (DeviceRig.Hold hold = rig.hold(STREAM)) {
            rig.queue(new Call.EventRecord(EVENT, STREAM));
            waiting.add(rig.start(new Call.StreamSync(STREAM)));
            waiting.add(rig.start(new Call.EventSync(EVENT)));
            waiting.add(rig.start(new Call.CtxSync(DeviceRig.CONTEXT)));
            // Others are not held up by those.
            rig.call(new Call.StreamSync(DeviceRig.DEFAULT));
            Thread.sleep(20);
            assertThat(waiting).noneMatch(CompletableFuture::isDone);
        }
        for (CompletableFuture<DeviceRig.Outcome> each : waiting) {
            assertThat(rig.code(each)).isEqualTo(CudaResult.SUCCESS);
        }
    }

    @Test
    void theLegacyStreamAndBlockingStreamsWaitForEachOther() {
        rig.queue(new Call.StreamCreate(11, DeviceRig.CONTEXT, 0, 0));
        try (DeviceRig.Hold hold = rig.hold(11)) {
            rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 1, 1, 1, 1));
            assertThat(rig.code(new Call.StreamQuery(DeviceRig.DEFAULT))).isEqualTo(CudaResult.NOT_READY);
            rig.queue(new Call.MemSet(STREAM, memory + 1, 0, 1, 2, 1, 1));
            rig.call(new Call.StreamSync(STREAM));
        }
        rig.call(new Call.StreamSync(DeviceRig.DEFAULT));
        assertThat(rig.code(new Call.StreamQuery(11))).isEqualTo(CudaResult.SUCCESS);
        CompletableFuture<DeviceRig.Outcome> synced;
        try (DeviceRig.Hold hold = rig.hold(DeviceRig.DEFAULT)) {
            rig.queue(new Call.MemSet(11, memory, 0, 1, 3, 1, 1));
            synced = rig.start(new Call.StreamSync(11));
            rig.call(new Call.StreamSync(STREAM));
            assertThat(synced).isNotDone();
        }
        assertThat(rig.code(synced)).isEqualTo(CudaResult.SUCCESS);
    }

    @Test
    void tellsTheTimeBetweenEventsThatWereRecordedWithATime() throws Exception {
        rig.queue(new Call.EventCreate(21, DeviceRig.CONTEXT, 0));
        rig.queue(new Call.EventCreate(22, DeviceRig.CONTEXT, DISABLE_TIMING));
        long start = System.nanoTime();
        rig.queue(new Call.EventRecord(EVENT, STREAM));
        rig.call(new Call.EventSync(EVENT));
        assertThat(rig.code(new Call.EventElapsed(EVENT, 21))).isEqualTo(CudaResult.INVALID_HANDLE);
        try (DeviceRig.Hold hold = rig.hold(STREAM)) {
            rig.queue(new Call.EventRecord(21, STREAM));
            rig.queue(new Call.EventRecord(22, STREAM));
            assertThat(rig.code(new Call.EventElapsed(EVENT, 21))).isEqualTo(CudaResult.NOT_READY);
            assertThat(rig.code(new Call.EventElapsed(EVENT, 22))).isEqualTo(CudaResult.INVALID_HANDLE);
            Thread.sleep(20);
        }
        rig.call(new Call.StreamSync(STREAM));
        assertThat(rig.call(new Call.EventElapsed(EVENT, 21)).nanoseconds())
                .isBetween(19_000_000L, System.nanoTime() - start + 1_000_000);
        assertThat(rig.call(new Call.EventElapsed(21, EVENT)).nanoseconds()).isNegative();
        rig.queue(new Call.EventDestroy(21));
        assertThat(rig.code(new Call.EventElapsed(EVENT, 21))).isEqualTo(CudaResult.INVALID_HANDLE);
    }

    @Test
    void aDestroyedStreamCompletesItsWork() {
        try (DeviceRig.Hold hold = rig.hold(STREAM)) {
            occupy(STREAM);
            rig.queue(new Call.StreamDestroy(STREAM));
            assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.INVALID_HANDLE);
        }
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
        assertThat(rig.download(DeviceRig.DEFAULT, memory, 100)).containsOnly(20);
    }

    @Test
    void executeDoesNotWaitForTheDevice() {
        CompletableFuture<DeviceRig.Outcome> synced;
        try (DeviceRig.Hold hold = rig.hold(STREAM)) {
            rig.queue(new Call.MemUnmap(memory));
            CompletableFuture<DeviceRig.Outcome> mapped = rig.start(new Call.MemMap(memory, DeviceRig.CONTEXT, 4096));
            rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 1, 4, 4096, 1));
            rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory + 1, 0, 1, 5, 4095, 1));
            synced = rig.start(new Call.CtxSync(DeviceRig.CONTEXT));
            assertThat(synced).isNotCompleted();
            hold.close();
            assertThat(rig.code(mapped)).isEqualTo(CudaResult.SUCCESS);
        }
        assertThat(rig.code(synced)).isEqualTo(CudaResult.SUCCESS);
        byte[] contents = rig.download(DeviceRig.DEFAULT, memory, 4096);
        assertThat(contents[0]).isEqualTo((byte) 4);
        assertThat(contents[4095]).isEqualTo((byte) 5);
    }

    @Test
    void memoryIsUsedByWorkThatCameBeforeItsEnd() throws InterruptedException {
        rig.map(512 * MIB, 4096);
        try (DeviceRig.Hold hold = rig.hold(STREAM)) {
            rig.queue(new Call.MemSet(STREAM, memory, 0, 4, 77, 1, 1));
            rig.queue(new Call.Copy(STREAM, Call.Place.linear(Call.Space.DEVICE, memory),
                    Call.Place.linear(Call.Space.DEVICE, DeviceRig.BASE + 512 * MIB), 4, 1, 1));
            rig.queue(new Call.MemUnmap(memory));
        }
        assertThat(rig.device.drain(Duration.ofSeconds(30))).isEmpty();
        assertThat(rig.readInt(DeviceRig.BASE + 512 * MIB)).isEqualTo(77);
        assertThat(rig.device.has(memory)).isFalse();
    }

    @Test
    void anEventThatIsRecordedAnewIsWaitedForAsItWas() {
        rig.queue(new Call.StreamCreate(11, DeviceRig.CONTEXT, NON_BLOCKING, 0));
        rig.queue(new Call.EventRecord(EVENT, STREAM));
        rig.queue(new Call.StreamWait(11, EVENT));
        try (DeviceRig.Hold hold = rig.hold(STREAM)) {
            rig.queue(new Call.EventRecord(EVENT, STREAM));
            rig.call(new Call.StreamSync(11));
            assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.NOT_READY);
            rig.queue(new Call.StreamWait(11, EVENT));
            rig.queue(new Call.EventDestroy(EVENT));
            assertThat(rig.code(new Call.StreamQuery(11))).isEqualTo(CudaResult.NOT_READY);
        }
        rig.call(new Call.StreamSync(11));
        rig.call(new Call.StreamSync(STREAM));
        assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.SUCCESS);
    }

    @Test
    void drainTellsWhetherSomethingStillRuns() throws Exception {
        try (DeviceRig.Hold hold = rig.hold(STREAM)) {
            occupy(STREAM);
            assertThat(rig.device.drain(Duration.ofMillis(20))).isNotEmpty();
        }
        assertThat(rig.device.drain(Duration.ofSeconds(30))).isEmpty();
        assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.SUCCESS);
    }

    @Test
    void whatFollowsAStreamRunsBehindItsWorkAndHoldsUpWhatComesNext() {
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        CompletableFuture<Void> go = new CompletableFuture<>();
        try (DeviceRig.Hold hold = rig.hold(STREAM)) {
            rig.device.follow(STREAM, () -> order.add("followed"));
            assertThat(order).isEmpty();
        }
        rig.call(new Call.StreamSync(STREAM));
        assertThat(order).containsExactly("followed");
        rig.device.follow(STREAM, go::join);
        rig.queue(new Call.MemSet(STREAM, memory, 0, 1, 3, 1, 1));
        CompletableFuture<DeviceRig.Outcome> synced = rig.start(new Call.StreamSync(STREAM));
        // Another stream's followers and work are not held up, whatever they wait for.
        rig.device.follow(DeviceRig.DEFAULT, () -> order.add("other"));
        rig.call(new Call.StreamSync(DeviceRig.DEFAULT));
        assertThat(order).containsExactly("followed", "other");
        assertThat(synced).isNotDone();
        go.complete(null);
        assertThat(rig.code(synced)).isEqualTo(CudaResult.SUCCESS);
        rig.device.follow(999, () -> order.add("at once"));
        assertThat(order).containsExactly("followed", "other", "at once");
    }

    @Test
    void whatFollowsRunsThoughTheWorkHasFailed() throws Exception {
        CompletableFuture<Void> ran = new CompletableFuture<>();
        rig.queue(new Call.MemSet(STREAM, 64, 0, 1, 0, 1, 1));
        rig.device.follow(STREAM, () -> ran.complete(null));
        assertThat(rig.code(new Call.StreamSync(STREAM))).isNotEqualTo(CudaResult.SUCCESS);
        ran.get(30, TimeUnit.SECONDS);
    }

    @Test
    void endingAContextEndsWhatIsInIt() {
        long free = rig.call(new Call.MemInfo(DeviceRig.CONTEXT)).free();
        rig.call(new Call.CtxCreate(3, 4, 0, 0, false));
        occupy(STREAM);
        rig.call(new Call.CtxDestroy(DeviceRig.CONTEXT));
        assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.INVALID_HANDLE);
        assertThat(rig.code(new Call.EventQuery(EVENT))).isEqualTo(CudaResult.INVALID_HANDLE);
        assertThat(rig.code(new Call.CtxSync(DeviceRig.CONTEXT))).isEqualTo(CudaResult.INVALID_CONTEXT);
        assertThat(rig.call(new Call.MemInfo(3)).free()).isGreaterThan(free + 128 * MIB);
        assertThat(rig.device.has(memory)).isFalse();
    }

    /** A device may refuse it by itself, so that nothing fails that is also another context's. */
    @Test
    void aRefusalThatNobodyWaitsForIsAnErrorOfItsContextAlone() {
        rig.call(new Call.CtxCreate(3, 4, 0, 0, false));
        rig.queue(new Call.MemSet(4, 1, 0, 1, 0, 1, 1));
        assertThat(rig.code(new Call.CtxSync(3))).isIn(CudaResult.INVALID_VALUE, CudaResult.ILLEGAL_ADDRESS);
        assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.SUCCESS);
    }

    @Test
    void describesItself() {
        Call.DriverInfo.Result driver = rig.call(new Call.DriverInfo());
        assertThat(driver.devices()).isPositive();
        assertThat(driver.driverVersion()).isGreaterThanOrEqualTo(12000);
        Call.DeviceInfo.Result info = rig.call(new Call.DeviceInfo(0));
        assertThat(info.name()).isNotEmpty();
        assertThat(info.totalBytes()).isGreaterThanOrEqualTo(1L << 30);
        assertThat(info.uuid()).hasSize(16);
        assertThat(info.attributes()[10]).as("warp size").isEqualTo(32);
        assertThat(info.attributes()[1]).as("threads of a block").isEqualTo(1024);
        assertThat(info.attributes()[16]).as("multiprocessors").isPositive();
        assertThat(rig.code(new Call.DeviceInfo(99))).isEqualTo(CudaResult.INVALID_DEVICE);
    }

    @Test
    void aClosedDeviceHasNoThreads() {
        occupy(STREAM);
        rig.device.close();
        assertThatThrownBy(rig.device::close).isInstanceOf(IllegalStateException.class);
        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("cryo device"));
        reopen();
    }

    /** A fresh device, for the test to end with. */
    protected void reopen() {
        try {
            rig = new DeviceRig(bed.open());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
