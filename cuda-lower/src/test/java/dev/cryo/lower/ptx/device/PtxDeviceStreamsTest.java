package dev.cryo.lower.ptx.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PtxDeviceStreamsTest {
    private static final long MIB = 1 << 20;
    private static final long STREAM = 10;
    private static final long EVENT = 20;
    private static final int NON_BLOCKING = 1;
    private static final int DISABLE_TIMING = 2;

    private DeviceRig rig;
    private long memory;

    @BeforeEach
    void open() throws Exception {
        rig = new DeviceRig();
        memory = rig.map(0, 256 * MIB);
        rig.queue(new Call.StreamCreate(STREAM, DeviceRig.CONTEXT, NON_BLOCKING, 0));
        rig.queue(new Call.EventCreate(EVENT, DeviceRig.CONTEXT, 0));
    }

    @AfterEach
    void close() {
        rig.close();
    }

    /** Keeps a stream busy for some hundred milliseconds. */
    private void occupy(long stream) {
        for (int i = 1; i <= 20; i++) {
            rig.queue(new Call.MemSet(stream, memory, 0, 1, i, 256 * MIB, 1));
        }
    }

    @Test
    void tellsWhetherWorkIsUnderWay() {
        assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.SUCCESS);
        assertThat(rig.code(new Call.EventQuery(EVENT))).isEqualTo(CudaResult.SUCCESS);
        occupy(STREAM);
        rig.queue(new Call.EventRecord(EVENT, STREAM));
        assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.NOT_READY);
        assertThat(rig.code(new Call.EventQuery(EVENT))).isEqualTo(CudaResult.NOT_READY);
        assertThat(rig.code(new Call.StreamQuery(DeviceRig.DEFAULT))).isEqualTo(CudaResult.SUCCESS);
        rig.call(new Call.EventSync(EVENT));
        assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.SUCCESS);
    }

    @Test
    void tellsTheTimeBetweenEventsThatWereRecordedWithATime() {
        rig.queue(new Call.EventCreate(21, DeviceRig.CONTEXT, 0));
        rig.queue(new Call.EventCreate(22, DeviceRig.CONTEXT, DISABLE_TIMING));
        rig.queue(new Call.EventRecord(EVENT, STREAM));
        assertThat(rig.code(new Call.EventElapsed(EVENT, 21))).isEqualTo(CudaResult.INVALID_HANDLE);
        long start = System.nanoTime();
        occupy(STREAM);
        rig.queue(new Call.EventRecord(21, STREAM));
        rig.queue(new Call.EventRecord(22, STREAM));
        assertThat(rig.code(new Call.EventElapsed(EVENT, 21))).isEqualTo(CudaResult.NOT_READY);
        assertThat(rig.code(new Call.EventElapsed(EVENT, 22))).isEqualTo(CudaResult.INVALID_HANDLE);
        rig.call(new Call.StreamSync(STREAM));
        assertThat(rig.call(new Call.EventElapsed(EVENT, 21)).nanoseconds())
                .isBetween(1L, System.nanoTime() - start + 1_000_000);
        assertThat(rig.call(new Call.EventElapsed(21, EVENT)).nanoseconds()).isNegative();
        rig.queue(new Call.EventDestroy(21));
        assertThat(rig.code(new Call.EventElapsed(EVENT, 21))).isEqualTo(CudaResult.INVALID_HANDLE);
    }

    @Test
    void aDestroyedStreamCompletesItsWork() {
        occupy(STREAM);
        rig.queue(new Call.StreamDestroy(STREAM));
        assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.INVALID_HANDLE);
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
        assertThat(rig.download(DeviceRig.DEFAULT, memory, 100)).containsOnly(20);
    }

    @Test
    void executeDoesNotWaitForTheDevice() {
        occupy(STREAM);
        rig.queue(new Call.MemUnmap(memory));
        CompletableFuture<DeviceRig.Outcome> mapped = rig.start(new Call.MemMap(memory, DeviceRig.CONTEXT, 4096));
        assertThat(mapped).isCompletedWithValue(new DeviceRig.Outcome(CudaResult.SUCCESS, Call.Done.DONE));
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory + 1, 0, 1, 5, 4095, 1));
        CompletableFuture<DeviceRig.Outcome> synced = rig.start(new Call.CtxSync(DeviceRig.CONTEXT));
        assertThat(synced).isNotCompleted();
        byte[] contents = rig.download(DeviceRig.DEFAULT, memory, 4096);
        assertThat(contents[0]).isZero();
        assertThat(contents[4095]).isEqualTo((byte) 5);
    }

    @Test
    void anEventThatIsRecordedAnewIsWaitedForAsItWas() {
        rig.queue(new Call.StreamCreate(11, DeviceRig.CONTEXT, NON_BLOCKING, 0));
        rig.queue(new Call.EventRecord(EVENT, STREAM));
        rig.queue(new Call.StreamWait(11, EVENT));
        occupy(STREAM);
        rig.queue(new Call.EventRecord(EVENT, STREAM));
        rig.call(new Call.StreamSync(11));
        assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.NOT_READY);
        rig.queue(new Call.StreamWait(11, EVENT));
        rig.queue(new Call.EventDestroy(EVENT));
        rig.call(new Call.StreamSync(11));
        assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.SUCCESS);
    }

    @Test
    void drainTellsWhatStillRuns() throws Exception {
        occupy(STREAM);
        assertThat(rig.device.drain(Duration.ofMillis(20)))
                .matches("set of 268435456 bytes on stream 0xa for \\d+\\.\\d s; 1\\d operations wait");
        assertThat(rig.device.drain(Duration.ofSeconds(30))).isEmpty();
    }

    @Test
    void endingAContextEndsWhatIsInIt() {
        rig.call(new Call.CtxCreate(3, 4, 0, 0, false));
        occupy(STREAM);
        rig.call(new Call.CtxDestroy(DeviceRig.CONTEXT));
        assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.INVALID_HANDLE);
        assertThat(rig.code(new Call.EventQuery(EVENT))).isEqualTo(CudaResult.INVALID_HANDLE);
        assertThat(rig.code(new Call.CtxSync(DeviceRig.CONTEXT))).isEqualTo(CudaResult.INVALID_CONTEXT);
        Call.MemInfo.Result info = rig.call(new Call.MemInfo(3));
        assertThat(info.free()).isEqualTo(info.total());
    }

    @Test
    void aFaultOfOneContextIsNotOneOfOthers() {
        rig.call(new Call.CtxCreate(3, 4, 0, 0, false));
        rig.queue(new Call.MemSet(4, 1, 0, 1, 0, 1, 1));
        assertThat(rig.code(new Call.CtxSync(3))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
        assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.SUCCESS);
    }

    @Test
    void describesItself() {
        assertThat(rig.call(new Call.DriverInfo())).isEqualTo(new Call.DriverInfo.Result(1, 12060));
        Call.DeviceInfo.Result info = rig.call(new Call.DeviceInfo(0));
        assertThat(info.name()).isEqualTo("cryo PTX device (CPU)");
        assertThat(info.totalBytes()).isEqualTo(1L << 30);
        assertThat(info.uuid()).hasSize(16);
        assertThat(info.attributes()[10]).as("warp size").isEqualTo(32);
        assertThat(info.attributes()[16]).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(rig.code(new Call.DeviceInfo(1))).isEqualTo(CudaResult.INVALID_DEVICE);
    }

    @Test
    void aClosedDeviceHasNoThreads() throws Exception {
        occupy(STREAM);
        DeviceRig other = new DeviceRig(new PtxDevice(1 << 30));
        other.close();
        assertThatThrownBy(other.device::close).isInstanceOf(IllegalStateException.class);
        rig.device.close();
        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("cryo device"));
        rig = new DeviceRig();
    }
}
