package dev.cryo.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.ptx.device.DeviceRig;
import dev.cryo.lower.ptx.device.KernelRig;
import dev.cryo.lower.ptx.device.PtxDevice;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.streamlog.log.LogCodec;
import dev.cryo.streamlog.log.StreamLog;
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
import org.junit.jupiter.api.io.TempDir;

class LowerHalfSessionTest {
    private static final long MIB = 1 << 20;
    private static final long STREAM = 10;
    private static final ControlMessage.Attach ATTACH = new ControlMessage.Attach(0, -1, 0);

    @TempDir
    private Path folder;

    private ImageStore store;
    private DeviceRig rig;
    private LowerHalfSession session;
    private final StreamLog log = new StreamLog();

    @BeforeEach
    void open() throws Exception {
        store = ImageStore.in(folder.resolve("images"));
        rig = new DeviceRig(new PtxDevice(1L << 30));
        session = session(rig);
        expectDone(session.handle(ATTACH));
        run(new Call.CtxCreate(DeviceRig.CONTEXT, DeviceRig.DEFAULT, 0, 0, false));
        run(new Call.StreamCreate(STREAM, DeviceRig.CONTEXT, 1, 0));
    }

    @AfterEach
    void close() throws Exception {
        session.close();
        rig.close();
    }

    private static LowerHalfSession session(DeviceRig rig) {
        rig.device.detach();
        return new LowerHalfSession(rig.device, (request, lowerHalf) -> {
            lowerHalf.attach(rig);
            return lowerHalf::detach;
        });
    }

    /** Executes a call and logs it, as an upper half does. */
    private void run(Call call) {
        assertThat(rig.code(call)).isEqualTo(CudaResult.SUCCESS);
        log.append(call);
    }

    private Path checkpoint(boolean pageLocked, Runnable whileCaptured) throws Exception {
        expectDone(session.handle(new ControlMessage.Drain(10_000)));
        assertThat(session.handle(new ControlMessage.Capture(pageLocked))).isInstanceOf(ControlMessage.Captured.class);
        byte[] encodedLog = LogCodec.encode(log.calls());
        expectDone(session.handle(ATTACH));
        whileCaptured.run();
        try (ImageWriter image = store.begin()) {
            ControlMessage answer = session.handle(new ControlMessage.Persist(image.folder().toString(), 1, false));
            assertThat(answer).isInstanceOf(ControlMessage.Persisted.class);
            image.add(((ControlMessage.Persisted) answer).sections());
            try (SectionWriter host = image.sections("host")) {
                host.bytes(Section.LOG, encodedLog);
                image.add(host.finish());
            }
            image.commit(new JobInfo("job", "1", JobInfo.Arrangement.PROXY, "ptx", JobInfo.HostMode.APP,
                    List.of("java"), List.of(), "/", List.of()));
            return store.folder(image.number());
        }
    }

    private static void expectDone(ControlMessage answer) {
        assertThat(answer).isEqualTo(new ControlMessage.Done());
    }

    private void restoreOnFreshDevice(Path image) throws Exception {
        session.close();
        rig.close();
        rig = new DeviceRig(new PtxDevice(1L << 30));
        session = session(rig);
        expectDone(session.handle(new ControlMessage.Restore(image.toString())));
        expectDone(session.handle(ATTACH));
    }

    @Test
    void contentsAreThoseOfTheCaptureWhateverIsWrittenAfterwards() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        run(new Call.MemMap(DeviceRig.BASE + 256, DeviceRig.CONTEXT, 32 * MIB));
        run(new Call.MemMap(DeviceRig.BASE + 256 + 32 * MIB, DeviceRig.CONTEXT, 100));
        run(new Call.MemMap(DeviceRig.BASE + 100 * MIB, DeviceRig.CONTEXT, 64 * MIB));
        byte[] large = new byte[(int) MIB];
        for (int i = 0; i < 32; i++) {
            random.nextBytes(large);
            rig.upload(STREAM, DeviceRig.BASE + 256 + i * MIB, large);
        }
        rig.queue(new Call.MemWrite(STREAM, DeviceRig.BASE + 256 + 32 * MIB, new byte[] {1, 2, 3}));
        byte[] before = DeviceRig.peek(DeviceRig.BASE + 256, 32 * MIB + 100).toArray(ValueLayout.JAVA_BYTE);
        Path image = checkpoint(false, () -> {
            for (int i = 0; i < 200; i++) {
                rig.queue(new Call.MemSet(STREAM, DeviceRig.BASE + 256, 0, 1, i + 1, 32 * MIB, 1));
            }
        });
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
        assertThat(DeviceRig.peek(DeviceRig.BASE + 256, 1000).toArray(ValueLayout.JAVA_BYTE)).containsOnly(200);
        restoreOnFreshDevice(image);
        assertThat(DeviceRig.peek(DeviceRig.BASE + 256, 32 * MIB + 100).toArray(ValueLayout.JAVA_BYTE))
                .isEqualTo(before);
        assertThat(rig.download(STREAM, DeviceRig.BASE + 100 * MIB, (int) MIB)).containsOnly(0);
        rig.queue(new Call.MemUnmap(DeviceRig.BASE + 256));
        rig.call(new Call.StreamSync(STREAM));
    }

    @Test
    void timesBetweenEventsGoOnAcrossARestart() throws Exception {
        run(new Call.EventCreate(20, DeviceRig.CONTEXT, 0));
        run(new Call.EventCreate(21, DeviceRig.CONTEXT, 0));
        run(new Call.EventCreate(22, DeviceRig.CONTEXT, 0));
        rig.queue(new Call.EventRecord(20, STREAM));
        Thread.sleep(20);
        rig.queue(new Call.EventRecord(21, STREAM));
        rig.call(new Call.StreamSync(STREAM));
        long before = rig.call(new Call.EventElapsed(20, 21)).nanoseconds();
        long captured = System.nanoTime();
        Path image = checkpoint(false, () -> {});
        Thread.sleep(300);
        restoreOnFreshDevice(image);
        assertThat(rig.call(new Call.EventElapsed(20, 21)).nanoseconds()).isEqualTo(before);
        assertThat(rig.code(new Call.EventElapsed(20, 22))).isEqualTo(CudaResult.INVALID_HANDLE);
        assertThat(rig.code(new Call.EventQuery(22))).isEqualTo(CudaResult.SUCCESS);
        rig.queue(new Call.EventRecord(22, STREAM));
        rig.call(new Call.EventSync(22));
        assertThat(rig.call(new Call.EventElapsed(21, 22)).nanoseconds())
                .isGreaterThan(0)
                .isLessThan(System.nanoTime() - captured - 300_000_000L + 20_000_000L);
    }

    @Test
    void pageLockedMemoryIsCapturedIfAskedForAndComesBackWithTheAttachment() throws Exception {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment host = arena.allocate(10_000, 4096);
            run(new Call.HostAlloc(host.address(), DeviceRig.CONTEXT, 10_000, 0, 3));
            host.fill((byte) 7);
            Path image = checkpoint(true, () -> host.fill((byte) 8));
            restoreOnFreshDevice(image);
            assertThat(host.toArray(ValueLayout.JAVA_BYTE)).containsOnly(7);
        }
    }

    @Test
    void variablesOfModulesComeBackAsTheyWereEvenWhereTheyWereCleared() throws Exception {
        run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 4096));
        KernelRig kernels = new KernelRig(rig);
        log.append(kernels.loaded());
        log.append(KernelRig.get("count"));
        kernels.launch(STREAM, "count", 1, 1, 0, DeviceRig.BASE);
        Call.GlobalGet.Result table = rig.call(new Call.GlobalGet(KernelRig.MODULE, "table"));
        rig.queue(new Call.MemSet(STREAM, table.address(), 0, 1, 0, 12, 1));
        Path image = checkpoint(false, () -> kernels.launch(STREAM, "count", 1, 1, 0, DeviceRig.BASE));
        restoreOnFreshDevice(image);
        assertThat(rig.call(new Call.GlobalGet(KernelRig.MODULE, "table"))).isEqualTo(table);
        assertThat(rig.download(STREAM, table.address(), 12)).containsOnly(0);
        byte[] address = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(DeviceRig.BASE).array();
        rig.queue(new Call.Launch(KernelRig.id("count"), STREAM, 1, 1, 1, 1, 1, 1, 0, address));
        assertThat(rig.download(STREAM, DeviceRig.BASE, 4)).containsExactly(8, 0, 0, 0);
    }

    @Test
    void aDeviceThatIsNotDrainedIsNotCaptured() throws Exception {
        run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 512 * MIB));
        for (int i = 0; i < 50; i++) {
            rig.queue(new Call.MemSet(STREAM, DeviceRig.BASE, 0, 1, i, 512 * MIB, 1));
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
        expectDone(session.handle(new ControlMessage.Drain(60_000)));
    }

    @Test
    void aFaultedContextIsNotCaptured() {
        rig.queue(new Call.MemSet(STREAM, DeviceRig.BASE, 0, 1, 1, 1, 1));
        expectDone(session.handle(new ControlMessage.Drain(1000)));
        assertThat(session.handle(new ControlMessage.Capture(false)))
                .isEqualTo(new ControlMessage.Failed("Capture: context 0x1 is faulted with CUDA error 700, which a"
                        + " restart could not give back"));
    }

    @Test
    void aRestoreThatTheDeviceRefusesLeavesItWithoutObjects() throws Exception {
        run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 512 * MIB));
        Path image = checkpoint(false, () -> {});
        rig.close();
        session.close();
        rig = new DeviceRig(new PtxDevice(256 * MIB));
        session = session(rig);
        assertThat(session.handle(new ControlMessage.Restore(image.toString())))
                .isEqualTo(new ControlMessage.Failed("Restore: this device refuses 536870912 bytes of memory at"
                        + " 0x100000000000: CUDA error 2"));
        assertThat(rig.code(new Call.CtxSync(DeviceRig.CONTEXT))).isEqualTo(CudaResult.INVALID_CONTEXT);
        rig.call(new Call.CtxCreate(DeviceRig.CONTEXT, DeviceRig.DEFAULT, 0, 0, false));
    }

    @Test
    void contentsThatTheLogHasNoMemoryForAreRefused() throws Exception {
        run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, MIB));
        log.append(new Call.MemUnmap(DeviceRig.BASE));
        log.append(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 2 * MIB));
        Path image = checkpoint(false, () -> {});
        session.close();
        rig.close();
        rig = new DeviceRig(new PtxDevice(1L << 30));
        session = session(rig);
        assertThat(session.handle(new ControlMessage.Restore(image.toString())))
                .isEqualTo(new ControlMessage.Failed("Restore: the image's log makes 2097152 bytes at 0x100000000000"
                        + " where it has contents of 1048576 bytes at 0x100000000000"));
    }

    @Test
    void oneCaptureIsHeldUntilItIsPersistedOrDiscarded() throws Exception {
        run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, MIB));
        assertThat(session.handle(new ControlMessage.Capture(false))).isEqualTo(new ControlMessage.Captured(MIB));
        assertThat(session.handle(new ControlMessage.Capture(false))).isInstanceOf(ControlMessage.Failed.class);
        assertThat(session.handle(new ControlMessage.Persist(folder.resolve("no").toString(), 1, false)))
                .isInstanceOf(ControlMessage.Failed.class);
        expectDone(session.handle(new ControlMessage.Discard()));
        assertThat(session.handle(new ControlMessage.Persist(folder.toString(), 1, false)))
                .isEqualTo(new ControlMessage.Failed("Persist: nothing is captured"));
        assertThat(session.handle(new ControlMessage.Resume()))
                .isEqualTo(new ControlMessage.Failed("Resume: no request to a lower half"));
    }

    @Test
    void aDetachedDeviceCannotReachThePageLockedMemory() throws Exception {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment host = arena.allocate(4096, 4096);
            run(new Call.HostAlloc(host.address(), DeviceRig.CONTEXT, 4096, 0, 3));
            expectDone(session.handle(new ControlMessage.Drain(1000)));
            session.handle(new ControlMessage.Capture(false));
            rig.queue(new Call.MemSet(STREAM, host.address(), 0, 1, 1, 4096, 1));
            assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            assertThat(VirtualMemory.at(host.address(), 1).get(ValueLayout.JAVA_BYTE, 0)).isZero();
        }
    }
}
