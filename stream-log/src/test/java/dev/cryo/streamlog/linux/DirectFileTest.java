package dev.cryo.streamlog.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectFileTest {
    @Test
    void aFileIsWrittenPastThePageCacheWhereItsPlaceAndLengthAreOfPages(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[100]);
        ByteBuffer pages;
        try (PageAllocator memory = new PageAllocator();
                DirectFile direct = DirectFile.open(file).orElseThrow()) {
            pages = memory.allocate(2 * VirtualMemory.PAGE_BYTES, 1).fill((byte) 7).asByteBuffer();
            assertThat(direct.write(pages, VirtualMemory.PAGE_BYTES)).isEqualTo(8192);
            assertThat(pages.hasRemaining()).isFalse();
            assertThat(direct.write(pages.position(1), 0)).isEqualTo(-1);
            assertThat(direct.write(pages.position(4096), 1)).isEqualTo(-1);
        }
        byte[] expected = new byte[3 * 4096];
        Arrays.fill(expected, 4096, expected.length, (byte) 7);
        assertThat(file).hasBinaryContent(expected);
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        assertThatThrownBy(() -> DirectFile.open(link))
                .isInstanceOf(LinuxException.class)
                .hasMessageStartingWith("open " + link + ": ");
    }
}
