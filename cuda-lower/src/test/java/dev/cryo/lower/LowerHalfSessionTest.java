package dev.cryo.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.lower.contract.PtxBed;
import dev.cryo.lower.contract.SessionContract;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.ImageWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    /** As where there is no memory for buffers, or no thread can be started. */
    @Test
    void anImageThatTheJvmHasNoRoomForFailsAndTheNextOneIsWritten(@TempDir Path folder) throws Exception {
        session.run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, MIB));
        AtomicBoolean noRoom = new AtomicBoolean(true);
        LowerHalf narrow = (LowerHalf) Proxy.newProxyInstance(
                LowerHalf.class.getClassLoader(), new Class<?>[] {LowerHalf.class}, (proxy, method, arguments) -> {
                    Object answer = method.invoke(rig().device, arguments);
                    return answer instanceof LowerHalf.Capture capture ? new Narrow(capture, noRoom) : answer;
                });
        ImageStore store = ImageStore.in(folder.resolve("images"));
        try (LowerHalfSession tried = new LowerHalfSession(narrow, (request, lowerHalf) -> () -> {})) {
            assertThat(persisted(tried, store))
                    .isInstanceOfSatisfying(ControlMessage.Failed.class, failed -> assertThat(failed.message())
                            .isEqualTo("Persist: this process cannot write it: java.lang.OutOfMemoryError: no room"));
            noRoom.set(false);
            assertThat(persisted(tried, store)).isInstanceOf(ControlMessage.Persisted.class);
        }
    }

    private static ControlMessage persisted(LowerHalfSession session, ImageStore store) throws IOException {
        assertThat(session.handle(new ControlMessage.Capture(false))).isInstanceOf(ControlMessage.Captured.class);
        try (ImageWriter image = store.begin()) {
            return session.handle(
                    new ControlMessage.Persist(image.folder().toString(), 2, false, new byte[0], List.of()));
        }
    }

    /** A capture that cannot be read while there is no room. */
    private record Narrow(LowerHalf.Capture capture, AtomicBoolean noRoom) implements LowerHalf.Capture {
        @Override
        public List<LowerHalf.Range> ranges() {
            return capture.ranges();
        }

        @Override
        public LowerHalf.DeviceState state() {
            return capture.state();
        }

        @Override
        public void read(long address, MemorySegment into) throws IOException {
            if (noRoom.get()) {
                throw new OutOfMemoryError("no room");
            }
            capture.read(address, into);
        }

        @Override
        public void close() {
            capture.close();
        }
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
