package dev.cryo.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.lower.ptx.device.PtxDevice;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import dev.cryo.streamlog.log.LogCodec;
import dev.cryo.streamlog.log.StreamLog;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of a device, one after the other: each has all that there is, and brings to the store only what is new. */
class IncrementalImageTest {
    private static final int MIB = 1 << 20;
    private static final long STREAM = 10;
    private static final int SLOTS = 12;
    private static final ControlMessage.Attach ATTACH = new ControlMessage.Attach(0, -1, 0);

    @TempDir
    private Path folder;

    private ImageStore store;
    private DeviceRig rig;
    private LowerHalfSession session;
    private StreamLog log = new StreamLog();
    private byte[] capturedLog = {};
    /** The live memory: bytes by address. */
    private final Map<Long, Integer> memory = new TreeMap<>();

    @BeforeEach
    void open() throws Exception {
        store = ImageStore.in(folder.resolve("images"));
        startDevice(true);
        run(new Call.CtxCreate(DeviceRig.CONTEXT, DeviceRig.DEFAULT, 0, 0, false));
        run(new Call.StreamCreate(STREAM, DeviceRig.CONTEXT, 1, 0));
    }

    private void startDevice(boolean bringsAll) throws Exception {
        rig = new DeviceRig(new PtxDevice(1L << 30, bringsAll));
        rig.device.detach();
        session = new LowerHalfSession(rig.device, (request, lowerHalf) -> {
            lowerHalf.attach(rig);
            return lowerHalf::detach;
        });
        expectDone(session.handle(ATTACH));
    }

    @AfterEach
    void close() throws Exception {
        session.close();
        rig.close();
    }

    private void run(Call call) {
        assertThat(rig.code(call)).isEqualTo(CudaResult.SUCCESS);
        log.append(call);
    }

    private static void expectDone(ControlMessage answer) {
        assertThat(answer).isEqualTo(new ControlMessage.Done());
    }

    private long map(int slot, int bytes) {
        // Two slots of a slab each, so that ranges share slabs.
        long address = DeviceRig.BASE + slot * (long) MIB + 256L * slot;
        run(new Call.MemMap(address, DeviceRig.CONTEXT, bytes));
        memory.put(address, bytes);
        return address;
    }

    private void capture() {
        expectDone(session.handle(new ControlMessage.Drain(10_000)));
        assertThat(session.handle(new ControlMessage.Capture(false))).isInstanceOf(ControlMessage.Captured.class);
        capturedLog = LogCodec.encode(log.calls());
        expectDone(session.handle(ATTACH));
    }

    /** Writes what is captured, and commits it or gives it up. */
    private long persist(boolean commit) throws Exception {
        try (ImageWriter image = store.begin()) {
            ControlMessage answer = session.handle(
                    new ControlMessage.Persist(image.folder().toString(), 2, false, new byte[0], List.of()));
            assertThat(answer).isInstanceOf(ControlMessage.Persisted.class);
            image.add(((ControlMessage.Persisted) answer).sections());
            try (SectionWriter host = image.sections("host")) {
                host.bytes(Section.LOG, capturedLog);
                image.add(host.finish());
            }
            if (commit) {
                image.commit(new JobInfo("job", "1", JobInfo.Arrangement.PROXY, "ptx", JobInfo.HostMode.APP,
                        List.of("java"), List.of(), "/", List.of()));
            }
            return image.number();
        }
    }

    private Map<Long, byte[]> contents() {
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
        Map<Long, byte[]> contents = new TreeMap<>();
        memory.forEach((address, bytes) ->
                contents.put(address, rig.read(address, bytes).toArray(ValueLayout.JAVA_BYTE)));
        return contents;
    }

    private void assertHolds(long number, Map<Long, byte[]> expected, String hint) throws IOException {
        Map<Long, byte[]> found = new TreeMap<>();
        expected.forEach((address, bytes) -> found.put(address, new byte[bytes.length]));
        try (ImageReader image = store.read(number)) {
            image.verifyAll((done, of) -> {});
            image.readMemory(Section.DEVICE, (address, part) -> {
                // Adjacent ranges come as one.
                for (Map.Entry<Long, byte[]> range : found.entrySet()) {
                    long from = Math.max(address, range.getKey());
                    long to = Math.min(address + part.byteSize(), range.getKey() + range.getValue().length);
                    if (from < to) {
                        MemorySegment.copy(
                                part, from - address, MemorySegment.ofArray(range.getValue()), from - range.getKey(),
                                to - from);
                    }
                }
            });
        }
        expected.forEach((address, bytes) -> assertThat(Arrays.equals(bytes, found.get(address)))
                .as("%s: image %s, memory at 0x%x", hint, number, address)
                .isTrue());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everyImageHoldsWhatTheDeviceHeldWhateverCameBetween(long seed) throws Exception {
        Random random = new Random(seed);
        for (int round = 0; round < 40; round++) {
            change(random);
            Map<Long, byte[]> expected = contents();
            capture();
            change(random); // Beside the captured contents.
            switch (random.nextInt(5)) {
                case 0 -> expectDone(session.handle(new ControlMessage.Discard()));
                case 1 -> persist(false);
                default -> {
                    long number = persist(true);
                    assertHolds(number, expected, "seed " + seed + ", round " + round);
                    if (random.nextInt(6) == 0) {
                        restart(number, expected, random);
                    }
                }
            }
            store.keep(3);
            assertThat(store.collect(false).bytes()).isNotNegative();
        }
    }

    private void restart(long number, Map<Long, byte[]> expected, Random random) throws Exception {
        session.close();
        rig.close();
        try (ImageReader image = store.read(number)) {
            log = StreamLog.of(image.log());
        }
        startDevice(random.nextInt(3) == 0);
        String folder = store.folder(number).toString();
        expectDone(session.handle(new ControlMessage.Restore(folder, random.nextInt(4) > 0, new byte[0])));
        memory.clear();
        expected.forEach((address, bytes) -> memory.put(address, bytes.length));
        for (Call call : log.calls()) {
            if (call instanceof Call.MemMap map && !memory.containsKey(map.address())) {
                memory.put(map.address(), (int) map.bytes());
            }
        }
    }

    private void change(Random random) {
        for (int i = random.nextInt(6); i > 0; i--) {
            int slot = random.nextInt(SLOTS);
            long address = DeviceRig.BASE + slot * (long) MIB + 256L * slot;
            Integer bytes = memory.get(address);
            if (bytes == null) {
                map(slot, 1 + random.nextInt(MIB));
            } else if (random.nextInt(5) == 0) {
                memory.remove(address);
                Call.MemUnmap unmap = new Call.MemUnmap(address);
                assertThat(rig.queue(unmap)).isEqualTo(CudaResult.SUCCESS);
                log.append(unmap);
            } else {
                int from = random.nextInt(bytes);
                int length = 1 + random.nextInt(bytes - from);
                rig.queue(new Call.MemSet(STREAM, address + from, 0, 1, random.nextInt(256), length, 1));
            }
        }
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
    }

    @Test
    void anImageBringsOnlyWhatChangedAndReadsNothingElse() throws Exception {
        long at = map(0, 200 * MIB);
        byte[] noise = new byte[MIB];
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            random.nextBytes(noise);
            rig.upload(STREAM, at + (long) i * MIB, noise);
        }
        capture();
        long first = persist(true);
        rig.queue(new Call.MemSet(STREAM, at + 77L * MIB, 0, 1, 5, 10, 1));
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
        Map<Long, byte[]> expected = contents();
        capture();
        long second = persist(true);
        assertThat(store.addedBytes(first)).isGreaterThan(200L * MIB);
        assertThat(store.addedBytes(second)).isLessThan(3L * MIB);
        assertHolds(second, expected, "second");
        capture();
        long third = persist(true);
        assertThat(store.addedBytes(third)).isLessThan(MIB / 4);
        assertHolds(third, expected, "third");
    }
}
