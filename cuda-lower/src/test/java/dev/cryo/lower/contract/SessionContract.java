package dev.cryo.lower.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a lower half's session does over every device: captures are immutable, restores bring back what was captured on
 * the same kind of device or another one, and what fails leaves everything as it was.
 */
@Timeout(120)
public abstract class SessionContract {
    protected static final long MIB = 1 << 20;
    protected static final long STREAM = SessionRig.STREAM;

    @TempDir
    private Path folder;

    protected final TestBed bed;
    /** What restores are done on. */
    protected final TestBed next;
    protected SessionRig session;

    /** Over devices of one bed, restored on devices of another one, or of the same. */
    protected SessionContract(TestBed bed, TestBed next) {
        this.bed = bed;
        this.next = next;
    }

    @BeforeEach
    void open() throws Exception {
        session = new SessionRig(bed.open(), folder);
    }

    @AfterEach
    void close() throws Exception {
        session.close();
        bed.close();
        next.close();
    }

    protected DeviceRig rig() {
        return session.rig();
    }

    private void restore(Path image) throws Exception {
        session.restore(image, next.open(), next.defers());
    }

    @Test
    void contentsAreThoseOfTheCaptureWhateverIsWrittenAfterwards() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        session.run(new Call.MemMap(DeviceRig.BASE + 256, DeviceRig.CONTEXT, 32 * MIB));
        session.run(new Call.MemMap(DeviceRig.BASE + 256 + 32 * MIB, DeviceRig.CONTEXT, 100));
        session.run(new Call.MemMap(DeviceRig.BASE + 100 * MIB, DeviceRig.CONTEXT, 64 * MIB));
        rig().queue(new Call.MemSet(STREAM, DeviceRig.BASE + 100 * MIB, 0, 1, 0, 64 * MIB, 1));
        rig().queue(new Call.MemSet(STREAM, DeviceRig.BASE + 256 + 32 * MIB, 0, 1, 0, 100, 1));
        byte[] large = new byte[(int) MIB];
        for (int i = 0; i < 32; i++) {
            random.nextBytes(large);
            rig().upload(STREAM, DeviceRig.BASE + 256 + i * MIB, large);
        }
        rig().queue(new Call.MemWrite(STREAM, DeviceRig.BASE + 256 + 32 * MIB, new byte[] {1, 2, 3}));
        rig().call(new Call.StreamSync(STREAM));
        byte[] before = rig().read(DeviceRig.BASE + 256, 32 * MIB + 100).toArray(ValueLayout.JAVA_BYTE);
        Path image = session.checkpoint(false, () -> {
            for (int i = 0; i < 200; i++) {
                rig().queue(new Call.MemSet(STREAM, DeviceRig.BASE + 256, 0, 1, i + 1, 32 * MIB, 1));
            }
        });
        rig().call(new Call.CtxSync(DeviceRig.CONTEXT));
        assertThat(rig().read(DeviceRig.BASE + 256, 1000).toArray(ValueLayout.JAVA_BYTE)).containsOnly(200);
        restore(image);
        assertThat(rig().read(DeviceRig.BASE + 256, 32 * MIB + 100).toArray(ValueLayout.JAVA_BYTE))
                .isEqualTo(before);
        assertThat(rig().download(STREAM, DeviceRig.BASE + 100 * MIB, (int) MIB)).containsOnly(0);
        rig().queue(new Call.MemUnmap(DeviceRig.BASE + 256));
        rig().call(new Call.StreamSync(STREAM));
    }

    @Test
    void timesBetweenEventsGoOnAcrossARestart() throws Exception {
        session.run(new Call.EventCreate(20, DeviceRig.CONTEXT, 0));
        session.run(new Call.EventCreate(21, DeviceRig.CONTEXT, 0));
        session.run(new Call.EventCreate(22, DeviceRig.CONTEXT, 0));
        rig().queue(new Call.EventRecord(20, STREAM));
        Thread.sleep(20);
        rig().queue(new Call.EventRecord(21, STREAM));
        rig().call(new Call.StreamSync(STREAM));
        long before = rig().call(new Call.EventElapsed(20, 21)).nanoseconds();
        long captured = System.nanoTime();
        Path image = session.checkpoint(false, () -> {});
        Thread.sleep(300);
        restore(image);
        // A driver tells times as floats.
        assertThat(rig().call(new Call.EventElapsed(20, 21)).nanoseconds()).isCloseTo(before, within(10_000L));
        assertThat(rig().code(new Call.EventElapsed(20, 22))).isEqualTo(CudaResult.INVALID_HANDLE);
        assertThat(rig().code(new Call.EventQuery(22))).isEqualTo(CudaResult.SUCCESS);
        rig().queue(new Call.EventRecord(22, STREAM));
        rig().call(new Call.EventSync(22));
        assertThat(rig().call(new Call.EventElapsed(21, 22)).nanoseconds())
                .isGreaterThan(0)
                .isLessThan(System.nanoTime() - captured - 300_000_000L + 20_000_000L);
    }

    @Test
    void pageLockedMemoryIsCapturedIfAskedForAndComesBackWithTheAttachment() throws Exception {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment host = arena.allocate(10_000, 4096);
            session.run(new Call.HostAlloc(host.address(), DeviceRig.CONTEXT, 10_000, 0, 3));
            host.fill((byte) 7);
            Path image = session.checkpoint(true, () -> host.fill((byte) 8));
            restore(image);
            assertThat(host.toArray(ValueLayout.JAVA_BYTE)).containsOnly(7);
        }
    }

    @Test
    void variablesOfModulesComeBackAsTheyWereEvenWhereTheyWereCleared() throws Exception {
        session.run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 4096));
        KernelRig kernels = new KernelRig(rig());
        session.log().append(kernels.loaded());
        session.log().append(KernelRig.get("count"));
        kernels.launch(STREAM, "count", 1, 1, 0, DeviceRig.BASE);
        Call.GlobalGet.Result table = rig().call(new Call.GlobalGet(KernelRig.MODULE, "table"));
        rig().queue(new Call.MemSet(STREAM, table.address(), 0, 1, 0, 12, 1));
        Path image = session.checkpoint(false, () -> kernels.launch(STREAM, "count", 1, 1, 0, DeviceRig.BASE));
        restore(image);
        assertThat(rig().call(new Call.GlobalGet(KernelRig.MODULE, "table"))).isEqualTo(table);
        assertThat(rig().download(STREAM, table.address(), 12)).containsOnly(0);
        byte[] address = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(DeviceRig.BASE).array();
        rig().queue(new Call.Launch(KernelRig.id("count"), STREAM, 1, 1, 1, 1, 1, 1, 0, address));
        assertThat(rig().download(STREAM, DeviceRig.BASE, 4)).containsExactly(8, 0, 0, 0);
    }

    @Test
    void aDeviceThatIsNotDrainedIsNotCaptured() {
        try (DeviceRig.Hold hold = rig().hold(STREAM)) {
            assertThat(session.handle(new ControlMessage.Drain(100)))
                    .isInstanceOfSatisfying(ControlMessage.Failed.class, failed -> assertThat(failed.message())
                            .startsWith("the device still runs ")
                            .endsWith(", after 100 ms of waiting"));
            assertThat(session.handle(new ControlMessage.Capture(false)))
                    .isInstanceOfSatisfying(ControlMessage.Failed.class, failed -> assertThat(failed.message())
                            .startsWith("Capture: the device is not drained: "));
        }
        session.expectDone(new ControlMessage.Drain(60_000));
    }

    @Test
    void aFaultedContextIsNotCaptured() {
        rig().queue(new Call.MemSet(STREAM, DeviceRig.BASE, 0, 1, 1, 1, 1));
        session.expectDone(new ControlMessage.Drain(1000));
        assertThat(session.handle(new ControlMessage.Capture(false)))
                .isInstanceOfSatisfying(ControlMessage.Failed.class, failed -> assertThat(failed.message())
                        .matches("Capture: context 0x1 is faulted with CUDA error (1|700), which a restart could not"
                                + " give back"));
    }

    @Test
    void aRestoreThatTheDeviceRefusesLeavesItWithoutObjects() throws Exception {
        session.run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 64 * MIB));
        KernelRig kernels = new KernelRig(rig());
        session.log().append(kernels.loaded());
        session.log().append(new Call.FunctionGet(77, KernelRig.MODULE, "nothing"));
        Path image = session.checkpoint(false, () -> {});
        session.replace(next.open());
        assertThat(session.handle(new ControlMessage.Restore(image.toString(), next.defers(), new byte[0])))
                .isEqualTo(new ControlMessage.Failed(
                        "Restore: this device refuses kernel nothing of module 0x3e8: CUDA error 500"));
        assertThat(rig().code(new Call.CtxSync(DeviceRig.CONTEXT))).isEqualTo(CudaResult.INVALID_CONTEXT);
        assertThat(rig().device.has(DeviceRig.BASE)).isFalse();
        rig().createContext();
        rig().map(0, 64 * MIB);
    }

    @Test
    void contentsThatTheLogHasNoMemoryForAreRefused() throws Exception {
        session.run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, MIB));
        session.log().append(new Call.MemUnmap(DeviceRig.BASE));
        session.log().append(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 2 * MIB));
        Path image = session.checkpoint(false, () -> {});
        session.replace(next.open());
        assertThat(session.handle(new ControlMessage.Restore(image.toString(), next.defers(), new byte[0])))
                .isEqualTo(new ControlMessage.Failed("Restore: the image's log makes 2097152 bytes at 0x100000000000"
                        + " where it has contents of 1048576 bytes at 0x100000000000"));
        assertThat(rig().device.has(DeviceRig.BASE)).isFalse();
    }

    @Test
    void oneCaptureIsHeldUntilItIsPersistedOrDiscarded() throws Exception {
        session.run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, MIB));
        assertThat(session.handle(new ControlMessage.Capture(false))).isEqualTo(new ControlMessage.Captured(MIB));
        assertThat(session.handle(new ControlMessage.Capture(false))).isInstanceOf(ControlMessage.Failed.class);
        String nowhere = folder.resolve("no").toString();
        assertThat(session.handle(new ControlMessage.Persist(nowhere, 1, false, new byte[0], List.of())))
                .isInstanceOf(ControlMessage.Failed.class);
        session.expectDone(new ControlMessage.Discard());
        assertThat(session.handle(new ControlMessage.Persist(folder.toString(), 1, false, new byte[0], List.of())))
                .isEqualTo(new ControlMessage.Failed("Persist: nothing is captured"));
        assertThat(session.handle(new ControlMessage.Resume()))
                .isEqualTo(new ControlMessage.Failed("Resume: no request to a lower half"));
    }

    @Test
    void aDetachedDeviceCannotReachThePageLockedMemory() throws Exception {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment host = arena.allocate(4096, 4096);
            session.run(new Call.HostAlloc(host.address(), DeviceRig.CONTEXT, 4096, 0, 3));
            session.expectDone(new ControlMessage.Drain(1000));
            session.handle(new ControlMessage.Capture(false));
            rig().queue(new Call.MemSet(STREAM, host.address(), 0, 1, 1, 4096, 1));
            assertThat(rig().code(new Call.StreamSync(STREAM)))
                    .isIn(CudaResult.INVALID_VALUE, CudaResult.ILLEGAL_ADDRESS);
            assertThat(VirtualMemory.at(host.address(), 1).get(ValueLayout.JAVA_BYTE, 0)).isZero();
        }
    }
}
