package dev.cryo.lower.ptx.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.lower.contract.PtxBed;
import dev.cryo.lower.contract.StreamsContract;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What the PTX device does beyond what every device does. */
class PtxDeviceStreamsTest extends StreamsContract {
    PtxDeviceStreamsTest() {
        super(new PtxBed());
    }

    @Test
    void memoryIsAnsweredForBeforeItIsThere() {
        occupy(STREAM);
        rig.queue(new Call.MemUnmap(memory));
        CompletableFuture<DeviceRig.Outcome> mapped = rig.start(new Call.MemMap(memory, DeviceRig.CONTEXT, 4096));
        assertThat(mapped).isCompletedWithValue(new DeviceRig.Outcome(CudaResult.SUCCESS, Call.Done.DONE));
        assertThat(rig.start(new Call.CtxSync(DeviceRig.CONTEXT))).isNotCompleted();
        assertThat(rig.download(DeviceRig.DEFAULT, memory, 4096)).containsOnly(0);
    }

    @Test
    void drainTellsWhatStillRuns() throws Exception {
        occupy(STREAM);
        assertThat(rig.device.drain(Duration.ofMillis(20)))
                .matches("set of 268435456 bytes on stream 0xa for \\d+\\.\\d s; 1\\d operations wait");
        assertThat(rig.device.drain(Duration.ofSeconds(30))).isEmpty();
    }

    @Test
    void describesItselfAsTheProcessor() {
        assertThat(rig.call(new Call.DriverInfo())).isEqualTo(new Call.DriverInfo.Result(1, 12060));
        Call.DeviceInfo.Result info = rig.call(new Call.DeviceInfo(0));
        assertThat(info.name()).isEqualTo("cryo PTX device (CPU)");
        assertThat(info.totalBytes()).isEqualTo(1L << 30);
        assertThat(info.attributes()[16]).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(rig.code(new Call.DeviceInfo(1))).isEqualTo(CudaResult.INVALID_DEVICE);
    }
}
