package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.linux.DirectFile;
import dev.cryo.streamlog.linux.PageAllocator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackOutputTest {
    @TempDir
    private Path folder;

    private final PackOutput.Opening asTheFileSystemCan = DirectFile::open;
    private final PackOutput.Opening notAtAll = path -> Optional.empty();

    /** Whole pages and others, of both kinds of buffers, in any order. */
    @Test
    void aFileHasWhatWasWrittenHoweverItWas() throws IOException {
        for (PackOutput.Opening opening : List.of(asTheFileSystemCan, notAtAll)) {
            Random random = new Random(1);
            Path path = folder.resolve("file" + opening.hashCode());
            ByteBuffer expected = ByteBuffer.allocate(40 << 20);
            try (PageAllocator memory = new PageAllocator();
                    PackOutput output = PackOutput.of(path, Disk.REAL.createFile(path), opening)) {
                ByteBuffer pages = memory.allocate(ImageFormat.BLOCK_BYTES, 1).asByteBuffer();
                for (int i = 0; i < 30; i++) {
                    byte[] some = new byte[random.nextInt(10) > 0 ? 4096 * (1 + random.nextInt(300)) : 24];
                    random.nextBytes(some);
                    expected.put(some);
                    boolean onHeap = random.nextInt(10) == 0;
                    ByteBuffer from = onHeap ? ByteBuffer.wrap(some) : pages.clear().put(some).flip();
                    while (from.hasRemaining()) {
                        int before = from.remaining();
                        assertThat(output.write(from)).isEqualTo(before - from.remaining());
                    }
                }
                Disk.REAL.force(path, output.file());
                assertThat(output.isOpen()).isTrue();
            }
            byte[] written = new byte[expected.flip().remaining()];
            expected.get(written);
            assertThat(Files.readAllBytes(path)).isEqualTo(written);
        }
    }

    @Test
    void aFileThatCannotBeOpenedIsClosed() throws IOException {
        Path path = folder.resolve("file");
        FileChannel file = Disk.REAL.createFile(path);
        assertThatThrownBy(() -> PackOutput.of(path, file, any -> {
            throw new IOException("injected");
        })).hasMessage("injected");
        assertThat(file.isOpen()).isFalse();
    }
}
