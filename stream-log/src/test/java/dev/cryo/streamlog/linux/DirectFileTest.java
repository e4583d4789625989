package dev.cryo.streamlog.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectFileTest {
    @TempDir
    private Path folder;

    @Test
    void wholePagesAreWrittenWhereTheyBelong() throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[100]);
        Optional<DirectFile> opened = DirectFile.open(file);
        assumeTrue(opened.isPresent(), "the file system of temporary files has no direct I/O");
        try (PageAllocator memory = new PageAllocator();
                DirectFile direct = opened.get()) {
            ByteBuffer pages = memory.allocate(2 * VirtualMemory.PAGE_BYTES, 1).fill((byte) 7).asByteBuffer();
            assertThat(direct.write(pages, VirtualMemory.PAGE_BYTES)).isEqualTo(8192);
            assertThat(pages.hasRemaining()).isFalse();
        }
        byte[] expected = new byte[3 * 4096];
        Arrays.fill(expected, 4096, expected.length, (byte) 7);
        assertThat(file).hasBinaryContent(expected);
    }

    @Test
    void whatCannotBeWrittenSoIsToldAndNotThrown() throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[100]);
        assertThat(DirectFile.open(Files.createSymbolicLink(folder.resolve("link"), file))).isEmpty();
        assertThat(DirectFile.open(folder.resolve("none"))).isEmpty();
        Optional<DirectFile> opened = DirectFile.open(file);
        assumeTrue(opened.isPresent(), "the file system of temporary files has no direct I/O");
        try (PageAllocator memory = new PageAllocator();
                DirectFile direct = opened.get()) {
            ByteBuffer pages = memory.allocate(VirtualMemory.PAGE_BYTES, 1).asByteBuffer();
            assertThat(direct.write(pages, -VirtualMemory.PAGE_BYTES)).isEqualTo(-1);
            assertThat(pages.remaining()).isEqualTo(4096);
        }
    }
}
