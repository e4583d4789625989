package dev.cryo.streamlog.linux;

import static dev.cryo.streamlog.linux.VirtualMemory.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.linux.SharedMemory.Extent;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SharedMemoryTest {
    private static final long GIB = 1 << 30;

    private SharedMemory memory;

    @BeforeEach
    void create() throws Exception {
        memory = SharedMemory.create("sparse", 64 * GIB);
    }

    @AfterEach
    void close() throws Exception {
        memory.close();
    }

    private static Extent pages(long from, long to) {
        return new Extent(from * PAGE_BYTES, to * PAGE_BYTES);
    }

    private List<Extent> extents() throws LinuxException {
        List<Extent> all = new ArrayList<>();
        for (Extent next = memory.extent(0); next != null; next = memory.extent(next.to())) {
            all.add(next);
        }
        return all;
    }

    private void touch(long page) {
        memory.segment().set(ValueLayout.JAVA_BYTE, page * PAGE_BYTES + 5, (byte) 1);
    }

    @Test
    void untouchedMemoryHasNoExtent() throws Exception {
        assertThat(memory.extent(0)).isNull();
        assertThat(memory.extent(memory.bytes() - 1)).isNull();
        assertThat(memory.extent(memory.bytes())).isNull();
    }

    @Test
    void anExtentIsOfAdjoiningPagesHoweverFarTheyLie() throws Exception {
        long far = 40 * GIB / PAGE_BYTES;
        long end = memory.bytes() / PAGE_BYTES;
        touch(3);
        touch(4);
        touch(9);
        touch(far);
        touch(end - 1);
        assertThat(extents()).containsExactly(pages(3, 5), pages(9, 10), pages(far, far + 1), pages(end - 1, end));
    }

    @Test
    void oneThatBeginsBeforeTheOffsetIsGivenFromThereOn() throws Exception {
        touch(3);
        touch(4);
        assertThat(memory.extent(4 * PAGE_BYTES)).isEqualTo(pages(4, 5));
        assertThat(memory.extent(3 * PAGE_BYTES + 100))
                .isEqualTo(new Extent(3 * PAGE_BYTES + 100, 5 * PAGE_BYTES));
        assertThat(memory.extent(5 * PAGE_BYTES)).isNull();
    }

    @Test
    void whatAnotherMappingWritesOrReadsCountsAndWhatIsTakenOutDoesNot() throws Exception {
        long self = ProcessHandle.current().pid();
        try (SharedMemory other = SharedMemory.open(self, memory.descriptor(), memory.bytes())) {
            other.segment().set(ValueLayout.JAVA_BYTE, 7 * PAGE_BYTES, (byte) 1);
            assertThat(other.segment().get(ValueLayout.JAVA_BYTE, 20 * PAGE_BYTES)).isZero();
            touch(8);
            assertThat(extents()).containsExactly(pages(7, 9), pages(20, 21));

            VirtualMemory.removeShared(other.address() + 7 * PAGE_BYTES, PAGE_BYTES);

            assertThat(extents()).containsExactly(pages(8, 9), pages(20, 21));
            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 7 * PAGE_BYTES)).isZero();
        }
    }
}
