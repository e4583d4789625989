package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredMemoryTest {
    private static final long WINDOW = LowerHalf.Contents.WINDOW_BYTES;
    /** The arena's window. */
    private static final long FIRST = TestImages.ARENA / WINDOW;

    @TempDir
    private Path temp;

    private ImageStore store;
    private final Map<Long, byte[]> memory = new TreeMap<>();

    @BeforeEach
    void memory() {
        store = TestImages.store(temp);
        range(256, 5_000);
        range(8_192, (int) WINDOW);
        range(3 * WINDOW + 4_000, 100);
        memory.put(TestImages.ARENA + 5 * WINDOW, new byte[10_000]); // Zeros.
    }

    private void range(long at, int bytes) {
        MemorySegment contents = MemorySegment.ofArray(new byte[bytes]);
        TestImages.fill(TestImages.ARENA + at, contents);
        memory.put(TestImages.ARENA + at, contents.toArray(ValueLayout.JAVA_BYTE));
    }

    private long write() throws IOException {
        List<LowerHalf.Range> ranges = new ArrayList<>();
        memory.forEach((address, bytes) -> ranges.add(new LowerHalf.Range(address, bytes.length)));
        try (ImageWriter image = store.begin();
                SectionWriter writer = SectionWriter.create(image.folder(), "device")) {
            writer.memory(Section.DEVICE, ranges, (address, into) -> {
                Map.Entry<Long, byte[]> range =
                        Objects.requireNonNull(((TreeMap<Long, byte[]>) memory).floorEntry(address));
                into.copyFrom(MemorySegment.ofArray(range.getValue())
                        .asSlice(address - range.getKey(), into.byteSize()));
            });
            image.add(writer.finish());
            return image.commit(TestImages.job()).number();
        }
    }

    private void assertHolds(StoredMemory stored) throws IOException {
        Map<Long, byte[]> found = new TreeMap<>();
        memory.forEach((address, bytes) -> found.put(address, new byte[bytes.length]));
        for (long window : stored.windows()) {
            stored.load(window, (address, contents) -> {
                assertThat(address / WINDOW).isEqualTo(window);
                Map.Entry<Long, byte[]> range =
                        Objects.requireNonNull(((TreeMap<Long, byte[]>) found).floorEntry(address));
                MemorySegment.ofArray(range.getValue())
                        .asSlice(address - range.getKey(), contents.byteSize())
                        .copyFrom(contents);
            });
        }
        memory.forEach((address, bytes) -> assertThat(found.get(address)).as("0x%x", address).isEqualTo(bytes));
    }

    /** The reader is closed, and what it has opened is still read. */
    private static StoredMemory open(Path folder) throws IOException {
        try (ImageReader image = ImageReader.open(folder)) {
            return StoredMemory.of(image, Section.DEVICE);
        }
    }

    @Test
    void filesAreOpenUntilTheLastOfTheirReadersIsClosed() throws Exception {
        Path folder = store.folder(write());
        ImageReader image = ImageReader.open(folder);
        StoredMemory stored = StoredMemory.of(image, Section.DEVICE);
        assertThat(openPacks()).isEqualTo(1);
        image.close();
        image.close();
        assertThat(openPacks()).isEqualTo(1);
        assertHolds(stored);
        assertThatThrownBy(() -> StoredMemory.of(image, Section.DEVICE)).isInstanceOf(IllegalStateException.class);
        stored.close();
        assertThat(openPacks()).isZero();
    }

    @Test
    void aSectionThatIsNotThereLeavesNothingOpen() throws Exception {
        Path folder = store.folder(write());
        try (ImageReader image = ImageReader.open(folder)) {
            assertThatThrownBy(() -> StoredMemory.of(image, "nothing")).isInstanceOf(ImageException.class);
        }
        assertThat(openPacks()).isZero();
    }

    /** How often this process has a pack of this test open. */
    private long openPacks() throws IOException {
        Path packs = temp.resolve("images/packs").toRealPath();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(descriptor -> {
                try {
                    return Files.readSymbolicLink(descriptor).startsWith(packs);
                } catch (IOException e) {
                    return false; // Closed meanwhile.
                }
            }).count();
        }
    }

    @Test
    void windowsHoldWhatWasWrittenAndThoseOfZerosAreLeftOut() throws Exception {
        try (StoredMemory stored = open(store.folder(write()))) {
            assertThat(stored.windows()).containsExactly(FIRST, FIRST + 1, FIRST + 3);
            assertHolds(stored);
            byte[] part = new byte[700];
            stored.read(TestImages.ARENA + WINDOW + 77, MemorySegment.ofArray(part));
            MemorySegment expected = MemorySegment.ofArray(new byte[700]);
            TestImages.fill(TestImages.ARENA + WINDOW + 77, expected);
            assertThat(MemorySegment.ofArray(part).mismatch(expected)).isEqualTo(-1);
            assertThatThrownBy(() -> stored.load(FIRST + 5, (address, contents) -> { }))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void anImageOfVersionOneIsReadToo() throws Exception {
        Path golden = Path.of(
                Objects.requireNonNull(StoredMemoryTest.class.getResource("/images")).toURI());
        memory.clear();
        range(256, 512);
        range(1024, 128);
        try (StoredMemory stored = open(golden.resolve("1"))) {
            assertThat(stored.windows()).containsExactly(FIRST);
            assertHolds(stored);
        }
    }

    @Test
    void anImageThatIsRemovedAndWhoseRoomIsGivenBackIsStillRead() throws Exception {
        long number = write();
        try (StoredMemory stored = open(store.folder(number))) {
            store.remove(number);
            assertThat(store.collect(false).bytes()).isPositive();
            assertThat(packs()).isEmpty();
            assertHolds(stored);
        }
    }

    @Test
    void anImageWhosePackIsWrittenAnewIsStillRead() throws Exception {
        long number = write();
        try (StoredMemory stored = open(store.folder(number))) {
            List<Path> before = packs();
            byte[] kept = Objects.requireNonNull(memory.remove(TestImages.ARENA + 3 * WINDOW + 4_000));
            Map<Long, byte[]> all = new TreeMap<>(memory);
            memory.clear();
            memory.put(TestImages.ARENA + 3 * WINDOW + 4_000, kept);
            write();
            store.remove(number);
            assertThat(store.collect(false).bytes()).isPositive();
            assertThat(packs()).isNotEmpty().doesNotContainAnyElementsOf(before);
            memory.putAll(all);
            assertHolds(stored);
        }
    }

    private List<Path> packs() throws IOException {
        try (Stream<Path> files = Files.list(temp.resolve("images/packs"))) {
            return files.toList();
        }
    }

    @Test
    void aDamagedWindowIsRefusedWithItsPlaceBeforeAnyByteOfItIsSeen() throws Exception {
        Path folder = store.folder(write());
        Path pack = packs().getFirst();
        try (FileChannel channel = FileChannel.open(pack, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {0x55}), PackFormat.HEADER_BYTES + WINDOW + 100);
        }
        try (StoredMemory stored = open(folder)) {
            stored.load(FIRST, (address, contents) -> assertThat(address / WINDOW).isEqualTo(FIRST));
            long at = PackFormat.HEADER_BYTES + WINDOW;
            assertThatThrownBy(() -> stored.load(FIRST + 1, (address, contents) -> {
                throw new AssertionError("bytes of a damaged block at 0x" + Long.toHexString(address));
            }))
                    .isInstanceOf(CorruptImageException.class)
                    .hasMessageContaining(pack.toString())
                    .hasMessageContaining("offset " + at)
                    .hasMessageContaining("expected CRC32C");
            assertThatThrownBy(() -> stored.read((FIRST + 1) * WINDOW, MemorySegment.ofArray(new byte[4])))
                    .isInstanceOf(CorruptImageException.class);
        }
    }

    @Test
    void whatIsVerifiedAheadIsAllThatOtherSectionsHave() throws Exception {
        Path folder = store.folder(write());
        try (FileChannel channel = FileChannel.open(packs().getFirst(), StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {0x55}), PackFormat.HEADER_BYTES + 100);
        }
        try (ImageReader image = ImageReader.open(folder)) {
            image.verify(section -> !section.name().equals(Section.DEVICE), (done, of) -> assertThat(of).isZero());
            assertThatThrownBy(() -> image.verify(Section.DEVICE, (done, of) -> { }))
                    .isInstanceOf(CorruptImageException.class);
            assertThatThrownBy(() -> image.verify(section -> !section.name().equals(Section.LOG), (done, of) -> { }))
                    .isInstanceOf(CorruptImageException.class);
        }
    }
}
