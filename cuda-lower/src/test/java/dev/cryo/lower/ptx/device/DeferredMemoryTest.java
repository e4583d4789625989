package dev.cryo.lower.ptx.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.Call.Place;
import dev.cryo.streamlog.call.Call.Space;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.linux.WrittenPages;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Memory whose contents are still in an image. Random accesses: {@link DeferredRandomTest}. */
@Timeout(60)
class DeferredMemoryTest {
    private static final int MIB = 1 << 20;
    private static final int WINDOW = (int) LowerHalf.Contents.WINDOW_BYTES;
    private static final long FIRST = DeviceRig.BASE / WINDOW;
    private static final long STREAM = DeviceRig.DEFAULT;

    private final Map<Long, byte[]> memory = new TreeMap<>();
    private final List<IOException> lost = new CopyOnWriteArrayList<>();
    @SuppressWarnings("NullAway.Init") // At the beginning of a test.
    private DeviceRig rig;

    @SuppressWarnings("NullAway.Init")
    private StoredContents contents;

    @SuppressWarnings("NullAway.Init")
    private DeferredKernels kernels;

    /** A device after a restart, with noise in its memory. */
    private void restart(boolean bringsAll, int... bytes) throws Exception {
        rig = DeviceRig.withContext(new PtxDevice(1L << 30, bringsAll));
        Random random = new Random(5);
        long at = DeviceRig.BASE;
        for (int size : bytes) {
            rig.call(new Call.MemMap(at, DeviceRig.CONTEXT, size));
            byte[] noise = new byte[size];
            random.nextBytes(noise);
            memory.put(at, noise);
            at += Math.ceilDiv(size, 256) * 256L;
        }
        kernels = new DeferredKernels(rig);
        contents = new StoredContents(memory, 0);
        assertThat(rig.device.defer(contents, lost::add)).isTrue();
        rig.device.restore(new LowerHalf.DeviceState(0, List.of()));
    }

    @AfterEach
    void close() {
        rig.close();
        assertThat(contents.isClosed()).isTrue();
    }

    private byte[] here(long address, int bytes) {
        return rig.read(address, bytes).asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE);
    }

    private byte[] stored(long address, int bytes) {
        byte[] all = Objects.requireNonNull(memory.get(DeviceRig.BASE));
        int from = (int) (address - DeviceRig.BASE);
        return Arrays.copyOfRange(all, from, from + bytes);
    }

    private void awaitBrought() throws InterruptedException {
        for (int i = 0; i < 5000 && !contents.isClosed(); i++) {
            Thread.sleep(2);
        }
        assertThat(contents.isClosed()).isTrue();
    }

    @Test
    void onlyWhatIsUsedIsRead() throws Exception {
        restart(false, 64 * MIB);
        assertThat(contents.loaded()).isZero();
        assertThat(rig.download(STREAM, DeviceRig.BASE + 5 * MIB, 1000))
                .isEqualTo(stored(DeviceRig.BASE + 5 * MIB, 1000));
        assertThat(contents.loaded()).isEqualTo(1);
        assertThat(here(DeviceRig.BASE + 6 * MIB - 10, 20)).isEqualTo(stored(DeviceRig.BASE + 6 * MIB - 10, 20));
        assertThat(contents.loaded()).isEqualTo(2);
        // Of every second window one word, by the threads of one block.
        kernels.gather(STREAM, 1, DeviceRig.BASE, DeviceRig.BASE, 16 * MIB, 2 * WINDOW / 4, 7);
        rig.call(new Call.StreamSync(STREAM));
        assertThat(contents.loaded()).isEqualTo(17);
    }

    @Test
    void everythingComesByItselfAndTheImageIsClosedThen() throws Exception {
        restart(true, 20 * MIB);
        awaitBrought();
        assertThat(contents.loaded()).isEqualTo(10);
        for (long window : contents.windows()) {
            assertThat(contents.loads(window)).isEqualTo(1);
        }
        assertThat(here(DeviceRig.BASE, 20 * MIB)).isEqualTo(memory.get(DeviceRig.BASE));
    }

    @Test
    void whatIsOverwrittenAsAWholeIsNotRead() throws Exception {
        restart(false, 16 * MIB);
        rig.queue(new Call.MemSet(STREAM, DeviceRig.BASE + MIB, 0, 1, 9, 6 * MIB, 1));
        rig.queue(new Call.Copy(
                STREAM,
                Place.linear(Space.STAGING, 0),
                Place.linear(Space.DEVICE, DeviceRig.BASE + 8 * MIB),
                2 * MIB, 1, 1));
        rig.call(new Call.StreamSync(STREAM));
        assertThat(contents.loaded()).isEqualTo(2); // The set's edges.
        assertThat(here(DeviceRig.BASE, MIB)).isEqualTo(stored(DeviceRig.BASE, MIB));
        assertThat(here(DeviceRig.BASE + MIB, 6 * MIB)).containsOnly(9);
        assertThat(here(DeviceRig.BASE + 7 * MIB, MIB)).isEqualTo(stored(DeviceRig.BASE + 7 * MIB, MIB));
        assertThat(here(DeviceRig.BASE + 10 * MIB, 6 * MIB))
                .isEqualTo(stored(DeviceRig.BASE + 10 * MIB, 6 * MIB));
    }

    @Test
    void aCopyThatLeavesGapsInAWindowKeepsWhatIsThere() throws Exception {
        restart(false, 8 * MIB);
        int size = 8 * MIB;
        // Rows of a window less a page, at distances of a window.
        rig.queue(new Call.MemSet(STREAM, DeviceRig.BASE, WINDOW, 1, 3, WINDOW - 4096, 3));
        rig.call(new Call.StreamSync(STREAM));
        byte[] expected = stored(DeviceRig.BASE, size);
        for (int row = 0; row < 3; row++) {
            Arrays.fill(expected, row * WINDOW, (row + 1) * WINDOW - 4096, (byte) 3);
        }
        assertThat(here(DeviceRig.BASE, 8 * MIB)).isEqualTo(expected);
    }

    @Test
    void whatIsFreedIsNotReadAndNewMemoryThereIsZero() throws Exception {
        restart(false, 8 * MIB, MIB, MIB);
        rig.queue(new Call.MemUnmap(DeviceRig.BASE));
        rig.queue(new Call.MemUnmap(DeviceRig.BASE + 8 * MIB));
        assertThat(rig.device.drain(Duration.ofSeconds(10))).isEmpty();
        assertThat(contents.loaded()).isEqualTo(1); // It has other memory too.
        rig.map(0, 3 * MIB);
        rig.map(8 * MIB, MIB);
        assertThat(here(DeviceRig.BASE, 3 * MIB)).containsOnly(0);
        assertThat(here(DeviceRig.BASE + 8 * MIB, MIB)).containsOnly(0);
        assertThat(here(DeviceRig.BASE + 9 * MIB, MIB)).isEqualTo(memory.get(DeviceRig.BASE + 9 * MIB));
    }

    @Test
    void aCaptureTakesWhatIsAbsentFromTheImageAndLeavesItThere() throws Exception {
        restart(false, 12 * MIB);
        rig.queue(new Call.MemSet(STREAM, DeviceRig.BASE + 2 * MIB, 0, 1, 1, 100, 1));
        rig.call(new Call.StreamSync(STREAM));
        LowerHalf.Capture capture = rig.device.capture();
        byte[] expected = stored(DeviceRig.BASE, 12 * MIB);
        Arrays.fill(expected, 2 * MIB, 2 * MIB + 100, (byte) 1);
        rig.queue(new Call.MemSet(STREAM, DeviceRig.BASE, 0, 1, 2, 12 * MIB, 1));
        rig.call(new Call.StreamSync(STREAM));
        assertThat(contents.loaded()).isEqualTo(1);
        // Nothing is absent any more, but the capture still reads.
        assertThat(contents.isClosed()).isFalse();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(WINDOW);
            for (int at = 0; at < 12 * MIB; at += WINDOW) {
                capture.read(DeviceRig.BASE + at, found);
                assertThat(found.toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(Arrays.copyOfRange(expected, at, at + WINDOW));
            }
        }
        capture.close();
        assertThat(contents.isClosed()).isTrue();
    }

    @Test
    void newMemoryBesideWhatIsAbsentIsNotTakenForTheImages() throws Exception {
        restart(false, MIB);
        long fresh = rig.map(MIB, MIB / 2);
        rig.queue(new Call.MemSet(STREAM, fresh, 0, 1, 7, MIB / 2, 1));
        assertThat(rig.device.drain(Duration.ofSeconds(10))).isEmpty();
        try (LowerHalf.Capture capture = rig.device.capture();
                Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(MIB / 2);
            capture.read(fresh, found);
            assertThat(found.toArray(ValueLayout.JAVA_BYTE)).containsOnly(7);
            assertThat(capture.isUnchanged(fresh, MIB / 2)).isFalse();
        }
        assertThat(here(DeviceRig.BASE, MIB)).isEqualTo(stored(DeviceRig.BASE, MIB));
        assertThat(here(fresh, MIB / 2)).containsOnly(7);
    }

    @Test
    void whatWasOnlyReadIsUnchangedForTheNextImage() throws Exception {
        restart(false, 8 * MIB);
        assertThat(here(DeviceRig.BASE, 5 * MIB)).isEqualTo(stored(DeviceRig.BASE, 5 * MIB));
        rig.queue(new Call.MemSet(STREAM, DeviceRig.BASE + 2 * MIB, 0, 1, 1, 100, 1));
        rig.call(new Call.StreamSync(STREAM));
        Optional<WrittenPages> pages = WrittenPages.open();
        boolean told = pages.isPresent();
        if (told) {
            pages.get().close();
        }
        try (LowerHalf.Capture capture = rig.device.capture()) {
            assertThat(capture.isUnchanged(DeviceRig.BASE, WINDOW)).isEqualTo(told);
            assertThat(capture.isUnchanged(DeviceRig.BASE + WINDOW, WINDOW)).isFalse();
            assertThat(capture.isUnchanged(DeviceRig.BASE + 2 * WINDOW, WINDOW)).isEqualTo(told);
            assertThat(capture.isUnchanged(DeviceRig.BASE + 3 * WINDOW, WINDOW)).isTrue(); // Nobody has read it.
        }
    }

    @Test
    void whatIsDamagedIsToldAndNothingIsComputedFromIt() throws Exception {
        restart(false, 8 * MIB);
        contents.damage(FIRST + 1);
        byte[] before = stored(DeviceRig.BASE, 1000);
        kernels.vectors(STREAM, DeviceRig.BASE, DeviceRig.BASE + 3 * MIB, 1000, 0, 0);
        assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.UNKNOWN);
        assertThat(lost).first().satisfies(why ->
                assertThat(why).hasMessage("window " + (FIRST + 1) + " is damaged"));
        assertThat(here(DeviceRig.BASE, 1000)).isEqualTo(before);
    }

    @Test
    void whatIsDamagedIsToldThoughNobodyUsesIt() throws Exception {
        rig = DeviceRig.withContext(new PtxDevice(1L << 30));
        byte[] noise = new byte[6 * MIB];
        new Random(2).nextBytes(noise);
        rig.map(0, noise.length);
        contents = new StoredContents(Map.of(DeviceRig.BASE, noise), 0);
        contents.damage(FIRST + 2);
        rig.device.defer(contents, lost::add);
        for (int i = 0; i < 5000 && lost.isEmpty(); i++) {
            Thread.sleep(2);
        }
        assertThat(lost).hasSize(1);
    }

    @Test
    void aDeviceThatIsClosedEarlyReadsNoMore() throws Exception {
        restart(true, 200 * MIB);
        rig.device.drain(Duration.ZERO);
    }

    @Test
    void memoryOfZerosNeedsNoImage() throws Exception {
        rig = DeviceRig.withContext(new PtxDevice(1L << 30));
        rig.map(0, 6 * MIB);
        contents = new StoredContents(Map.of(DeviceRig.BASE, new byte[6 * MIB]), 0);
        rig.device.defer(contents, lost::add);
        awaitBrought();
        assertThat(here(DeviceRig.BASE, 6 * MIB)).containsOnly(0);
    }
}
