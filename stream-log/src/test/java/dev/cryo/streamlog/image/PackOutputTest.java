package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.linux.PageAllocator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackOutputTest {
    @TempDir
    private Path folder;

    /** Another way to a file that takes some writes, half of the one after them, and no other. */
    private static final class Some implements PackOutput.Direct {
        private final FileChannel file;
        private final int whole;
        private int writes;
        private boolean closed;

        Some(Path path, int whole) throws IOException {
            this.file = FileChannel.open(path, StandardOpenOption.WRITE);
            this.whole = whole;
        }

        @Override
        public int write(ByteBuffer pages, long offset) {
            assertThat(offset % ImageFormat.PAGE_BYTES).isZero();
            assertThat(pages.remaining() % ImageFormat.PAGE_BYTES).isZero();
            assertThat(pages.alignmentOffset(pages.position(), ImageFormat.PAGE_BYTES)).isZero();
            writes++;
            if (writes > whole + 1) {
                return -1;
            }
            ByteBuffer taken = pages.duplicate();
            if (writes > whole) {
                taken.limit(pages.position() + pages.remaining() / 2);
            }
            try {
                int count = file.write(taken, offset);
                pages.position(pages.position() + count);
                return count;
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() throws IOException {
            closed = true;
            file.close();
        }
    }

    @Test
    void aFileHasWhatWasWrittenPastTheCache() throws IOException {
        Path path = folder.resolve("file");
        FileChannel file = Disk.REAL.createFile(path);
        written(path, PackOutput.of(path, file));
    }

    @Test
    void aFileHasWhatWasWrittenThroughTheCache() throws IOException {
        Path path = folder.resolve("file");
        FileChannel file = Disk.REAL.createFile(path);
        written(path, PackOutput.of(path, file, Optional.empty()));
    }

    /** A short write may end in the midst of a page; after one that is not taken none is tried. */
    @Test
    void aFileHasWhatWasWrittenFirstPastTheCacheAndThenThroughIt() throws IOException {
        for (int whole = 0; whole < 8; whole++) {
            Path path = folder.resolve("file" + whole);
            FileChannel file = Disk.REAL.createFile(path);
            Some some = new Some(path, whole);
            written(path, PackOutput.of(path, file, Optional.of(some)));
            assertThat(some.writes).isBetween(whole + 1, whole + 2);
            assertThat(some.closed).isTrue();
        }
    }

    /** Writes whole pages and others, of both kinds of buffers, and compares the file. */
    private static void written(Path path, PackOutput output) throws IOException {
        Random random = new Random(1);
        ByteBuffer expected = ByteBuffer.allocate(40 << 20);
        try (output;
                PageAllocator memory = new PageAllocator()) {
            ByteBuffer pages = memory.allocate(ImageFormat.BLOCK_BYTES, 1).asByteBuffer();
            for (int i = 0; i < 30; i++) {
                boolean last = i == 29;
                byte[] some = new byte[last ? 24 : 4096 * (1 + random.nextInt(300))];
                random.nextBytes(some);
                expected.put(some);
                boolean onHeap = last || random.nextInt(10) == 0;
                ByteBuffer from = onHeap ? ByteBuffer.wrap(some) : pages.clear().put(some).flip();
                while (from.hasRemaining()) {
                    int before = from.remaining();
                    assertThat(output.write(from)).isEqualTo(before - from.remaining());
                }
            }
            Disk.REAL.force(path, output.file());
            assertThat(output.isOpen()).isTrue();
        }
        assertThat(output.isOpen()).isFalse();
        output.close();
        byte[] written = new byte[expected.flip().remaining()];
        expected.get(written);
        assertThat(Files.readAllBytes(path)).isEqualTo(written);
    }

    @Test
    void aFileThatIsGoneIsClosed() throws IOException {
        Path path = folder.resolve("file");
        FileChannel file = Disk.REAL.createFile(path);
        Some some = new Some(path, 1);
        Files.delete(path);
        assertThatThrownBy(() -> PackOutput.of(path, file, Optional.of(some)))
                .hasMessage("open " + path + ": no such file or directory");
        assertThat(file.isOpen()).isFalse();
        assertThat(some.closed).isTrue();
    }
}
