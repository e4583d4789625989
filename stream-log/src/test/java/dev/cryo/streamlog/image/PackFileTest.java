package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Packs whose checksums are right and whose index lies. */
class PackFileTest {
    private static final int BLOCKS = 3;

    @TempDir
    private Path folder;

    private Path path;
    private byte[] whole;

    @BeforeEach
    void write() throws IOException {
        path = folder.resolve("some.pack");
        Random random = new Random(5);
        try (PackWriter pack = new PackWriter(folder, "some", Disk.REAL)) {
            for (int i = 0; i < BLOCKS; i++) {
                ByteBuffer pages = ByteBuffer.allocate(8192);
                random.nextBytes(pages.array());
                int bytes = 5000 + i;
                pages.array()[bytes] = 0;
                BlockId id = BlockId.of(MemorySegment.ofArray(pages.array()), bytes);
                pack.append(id, pages, bytes, bytes, Codec.RAW);
            }
            pack.finish();
        }
        whole = Files.readAllBytes(path);
    }

    private int index() {
        return whole.length - PackFormat.FOOTER_BYTES - BLOCKS * PackFormat.ENTRY_BYTES;
    }

    /** Writes a pack with a checksum that is right. */
    private void write(byte[] bytes, int index) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, PackFormat.HEADER_BYTES);
        int checked = bytes.length - PackFormat.FOOTER_BYTES + PackFormat.FOOTER_CHECKED_BYTES;
        crc.update(bytes, index, checked - index);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(checked, (int) crc.getValue());
        Files.write(path, bytes);
    }

    private void use() throws IOException {
        try (PackFile pack = PackFile.open(path);
                Arena arena = Arena.ofConfined()) {
            BlockBuffer buffer = new BlockBuffer(arena);
            for (PackFormat.Entry entry : pack.entries()) {
                buffer.load(pack.block(entry), Optional.empty(), "a block");
            }
        }
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        use();
        try (PackFile pack = PackFile.open(path)) {
            assertThat(pack.entries()).extracting(PackFormat.Entry::bytes).isEqualTo(List.of(5000, 5001, 5002));
            assertThat(pack.entries()).extracting(PackFormat.Entry::at).isEqualTo(List.of(4096L, 12288L, 20480L));
        }
    }

    @Test
    void aNewerPackIsToldWithBothVersions() throws IOException {
        byte[] bytes = whole.clone();
        bytes[PackFormat.VERSION_OFFSET] = 9;
        write(bytes, index());
        assertThatThrownBy(this::use)
                .isInstanceOf(ImageTooNewException.class)
                .hasMessageContaining("expected pack version 3 at most, found 9");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 0, -5})
    void packsOfVersionsThatNeverWereAreTooOld(int version) throws IOException {
        byte[] bytes = whole.clone();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(PackFormat.VERSION_OFFSET, version);
        write(bytes, index());
        assertThatThrownBy(this::use)
                .isInstanceOf(ImageTooOldException.class)
                .hasMessageContaining("some.pack at offset 8: expected pack version 2 at least, found " + version);
    }

    @Test
    void anIndexOfMoreBlocksThanAPackMayHaveIsRefusedBeforeItIsRead() throws IOException {
        int blocks = 53_000_000;
        long footerAt = PackFormat.HEADER_BYTES + (long) blocks * PackFormat.ENTRY_BYTES;
        writeSparse(blocks, footerAt);
        assertThatThrownBy(this::use)
                .isInstanceOf(CorruptImageException.class)
                .hasMessageContaining("some.pack at offset " + footerAt)
                .hasMessageContaining("expected at most 6710885 blocks in a pack, found 53000000 blocks");
    }

    @Test
    void aLargeIndexIsCheckedBeforeRoomIsMadeForIt() throws IOException {
        long footerAt = PackFormat.HEADER_BYTES + (long) PackFormat.MAX_ENTRIES * PackFormat.ENTRY_BYTES;
        writeSparse(PackFormat.MAX_ENTRIES, footerAt);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(this::use)
                .isInstanceOf(CorruptImageException.class)
                .hasMessageContaining("expected CRC32C 0x00000000 of header and index");
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(32 << 20);
    }

    /** Writes a pack that says it has so many blocks, and has a hole for their entries. */
    private void writeSparse(int blocks, long footerAt) throws IOException {
        ByteBuffer footer = PackFormat.buffer(PackFormat.FOOTER_BYTES);
        PackFormat.putFooter(footer, PackFormat.HEADER_BYTES, blocks);
        PackFormat.seal(footer, 0);
        Files.delete(path);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(PackFormat.header(PackFormat.PLAIN_VERSION));
            channel.write(footer.flip(), footerAt);
        }
    }

    @Test
    void whatIsMoreThanAPackMayHaveGoesToOthers() throws IOException {
        List<BlockId> ids = new ArrayList<>();
        try (PackWriter pack = new PackWriter(folder, "1-many", Disk.REAL, 2)) {
            for (int i = 0; i < 5; i++) {
                ByteBuffer pages = ByteBuffer.allocate(4096);
                new Random(i).nextBytes(pages.array());
                BlockId id = BlockId.of(MemorySegment.ofArray(pages.array()), 4096);
                pack.append(id, pages, 4096, 4096, Codec.RAW);
                ids.add(id);
            }
            pack.finish();
        }
        List<BlockId> found = new ArrayList<>();
        for (String name : List.of("1-many", "1-many+1", "1-many+2")) {
            path = folder.resolve(name + PackWriter.SUFFIX);
            use();
            try (PackFile pack = PackFile.open(path)) {
                pack.entries().forEach(entry -> found.add(entry.id()));
            }
        }
        assertThat(found).isEqualTo(ids);
        PackCollector.removeAll(folder, "1-", Disk.REAL);
        assertThat(folder).isDirectoryNotContaining("glob:**1-*");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, 4095, 4097, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE})
    void placesThatLeaveGapsOverlapOrLieOutsideAreRefused(long at) throws IOException {
        byte[] bytes = whole.clone();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(index() + 16, at);
        write(bytes, index());
        assertThatThrownBy(this::use)
                .isInstanceOf(CorruptImageException.class)
                .hasMessageContaining("expected a block stored at 4096");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 4999, 5001, (2 << 20) + 1, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void lengthsThatCannotBeAreRefused(int length) throws IOException {
        for (int field : new int[] {24, 28}) {
            byte[] bytes = whole.clone();
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(index() + field, length);
            write(bytes, index());
            assertThatThrownBy(this::use).isInstanceOf(CorruptImageException.class);
        }
    }

    @Test
    void aCompressedBlockIsRefusedWhereNothingCanDecompressIt() throws IOException {
        byte[] bytes = whole.clone();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(index() + 32, Codec.ZSTD.ordinal());
        write(bytes, index());
        assertThatThrownBy(this::use)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("compressed blocks cannot be read by this process");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void mutatedIndexesGiveAPackOrAnImageException(long seed) throws IOException {
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            byte[] bytes = whole.clone();
            ByteBuffer view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            for (int n = random.nextInt(3); n >= 0; n--) {
                int at = index() + random.nextInt(bytes.length - index() - 8);
                switch (random.nextInt(3)) {
                    case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                    case 1 -> view.putInt(at, random.nextInt(5) == 0 ? random.nextInt() : random.nextInt(9000) - 1);
                    default -> view.putLong(at, random.nextLong() >> random.nextInt(64));
                }
            }
            write(bytes, index());
            try {
                use();
            } catch (ImageException e) {
                assertThat(e.expected()).isNotEmpty();
            } catch (IOException e) {
                assertThat(e).as("seed %s, round %s", seed, round).hasMessageContaining("compressed blocks");
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", round " + round, e);
            }
        }
    }
}
