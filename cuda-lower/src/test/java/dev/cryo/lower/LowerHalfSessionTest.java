package dev.cryo.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.lower.contract.PtxBed;
import dev.cryo.lower.contract.SessionContract;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.control.ControlMessage;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Sessions over the PTX device, and what is special about them. */
class LowerHalfSessionTest extends SessionContract {
    LowerHalfSessionTest() {
        super(new PtxBed(), new PtxBed());
    }

    @Test
    void whatKeepsADeviceFromBeingCapturedIsNamed() {
        session.run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 512 * MIB));
        for (int i = 0; i < 50; i++) {
            rig().queue(new Call.MemSet(STREAM, DeviceRig.BASE, 0, 1, i, 512 * MIB, 1));
        }
        // The wait is long enough for the first of them to have begun.
        assertThat(session.handle(new ControlMessage.Drain(200)))
                .isInstanceOfSatisfying(ControlMessage.Failed.class, failed -> assertThat(failed.message())
                        .startsWith("the device still runs set of 536870912 bytes on stream 0xa for ")
                        .endsWith(", after 200 ms of waiting"));
        assertThat(session.handle(new ControlMessage.Capture(false)))
                .isInstanceOfSatisfying(ControlMessage.Failed.class, failed -> assertThat(failed.message())
                        .startsWith("Capture: the device is not drained: set of 536870912 bytes on stream 0xa for ")
                        .endsWith(" operations wait"));
        session.expectDone(new ControlMessage.Drain(60_000));
    }

    @Test
    void aRestoreOnADeviceWithTooLittleMemoryLeavesItWithoutObjects() throws Exception {
        session.run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 512 * MIB));
        Path image = session.checkpoint(false, () -> {});
        session.replace(next.open(256 * MIB));
        assertThat(session.handle(new ControlMessage.Restore(image.toString(), false, new byte[0])))
                .isEqualTo(new ControlMessage.Failed("Restore: this device refuses 536870912 bytes of memory at"
                        + " 0x100000000000: CUDA error 2"));
        assertThat(rig().code(new Call.CtxSync(DeviceRig.CONTEXT))).isEqualTo(CudaResult.INVALID_CONTEXT);
        rig().createContext();
    }
}
