package dev.cryo.lower.ptx.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.lower.contract.KernelsContract;
import dev.cryo.lower.contract.PtxBed;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.time.Duration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What the PTX device does beyond what every device does. */
class PtxDeviceKernelsTest extends KernelsContract {
    PtxDeviceKernelsTest() {
        super(new PtxBed());
    }

    /** A GPU notices only what leaves the pages of all allocations. */
    @Test
    void aKernelThatLeavesItsAllocationIsAFault() {
        kernels.launch(STREAM, "store", 1, 32, 0, memory + (1 << 20) - 64, 1);
        kernels.launch(STREAM, "store", 1, 32, 0, memory, 1);
        assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
        assertThat(rig.readInt(memory)).isZero();
    }

    /** Nothing but the end of its process is sure to end such a kernel of a GPU. */
    @Nested
    class AnEndlessKernel {
        @Test
        void isNamedByDrainAndAbandonedByClose() throws Exception {
            kernels.launch(STREAM, "await", 4, 64, 0, memory, memory);
            kernels.launch(STREAM, "empty", 1, 1, 0);
            Thread.sleep(50);
            assertThat(rig.device.drain(Duration.ofMillis(100)))
                    .matches("kernel await on stream 0xa for 0\\.[12] s; 1 operation waits");
            rig.device.close();
            assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().startsWith("cryo device"));
            rig = new DeviceRig(bed.open());
        }
    }
}
