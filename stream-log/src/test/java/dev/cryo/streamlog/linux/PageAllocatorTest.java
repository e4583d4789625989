package dev.cryo.streamlog.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PageAllocatorTest {
    private static final long MIB = 1 << 20;

    @Test
    void anAllocatorOfPagesGivesZeroedMemoryAndTakesItBack() throws Exception {
        MemorySegment some;
        try (PageAllocator memory = new PageAllocator()) {
            some = memory.allocate(MIB + 1, VirtualMemory.PAGE_BYTES);
            assertThat(some.byteSize()).isEqualTo(MIB + 1);
            assertThat(some.address() % VirtualMemory.PAGE_BYTES).isZero();
            assertThat(some.mismatch(MemorySegment.ofArray(new byte[(int) MIB + 1]))).isEqualTo(-1);
            some.fill((byte) 1);
            assertThat(mapped(some.address())).isTrue();
            assertThatThrownBy(() -> memory.allocate(1, 2 * VirtualMemory.PAGE_BYTES))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(mapped(some.address())).isFalse();
    }

    @Test
    void aForkDoesNotHaveWhatAnAllocatorOfPagesGave() throws Exception {
        try (PageAllocator memory = new PageAllocator();
                Arena arena = Arena.ofConfined()) {
            MemorySegment some = memory.allocate(MIB, VirtualMemory.PAGE_BYTES);
            MemorySegment copy = arena.allocate(MIB);
            try (FrozenFork fork = FrozenFork.fork()) {
                assertThatThrownBy(() -> fork.read(some.address(), copy))
                        .isInstanceOf(LinuxException.class)
                        .hasMessageContaining("read frozen memory");
            }
        }
    }

    private static boolean mapped(long address) throws IOException {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.map(line -> line.substring(0, line.indexOf(' ')).split("-"))
                    .anyMatch(range -> Long.parseUnsignedLong(range[0], 16) <= address
                            && address < Long.parseUnsignedLong(range[1], 16));
        }
    }
}
