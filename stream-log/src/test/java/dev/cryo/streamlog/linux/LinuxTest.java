package dev.cryo.streamlog.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxTest {
    private static final long BASE = 0x1000_0000_0000L;
    private static final long MIB = 1 << 20;

    @Test
    void aReservedRangeTakesAndGivesBackMemoryAndCannotBeReservedTwice() throws Exception {
        VirtualMemory.reserve(BASE, 64 * MIB);
        try {
            assertThatThrownBy(() -> VirtualMemory.reserve(BASE + MIB, MIB))
                    .isInstanceOf(LinuxException.class)
                    .hasMessage("map 1048576 bytes at 0x100000100000: the address range is in use");
            VirtualMemory.commit(BASE + 2 * MIB, 2 * MIB);
            MemorySegment memory = VirtualMemory.at(BASE + 2 * MIB, 2 * MIB);
            assertThat(memory.get(ValueLayout.JAVA_LONG, 8)).isZero();
            memory.set(ValueLayout.JAVA_LONG, 8, 42);
            assertThat(VirtualMemory.everything().get(ValueLayout.JAVA_LONG, BASE + 2 * MIB + 8))
                    .isEqualTo(42);
            VirtualMemory.decommit(BASE + 2 * MIB, 2 * MIB);
            VirtualMemory.commit(BASE + 2 * MIB, 2 * MIB);
            assertThat(memory.get(ValueLayout.JAVA_LONG, 8)).isZero();
        } finally {
            VirtualMemory.unmap(BASE, 64 * MIB);
        }
    }

    @Test
    void sharedMemoryIsOneMemoryThroughSeveralMappings() throws Exception {
        try (SharedMemory mine = SharedMemory.create("test", MIB);
                SharedMemory theirs =
                        SharedMemory.openAt(ProcessHandle.current().pid(), mine.descriptor(), BASE, MIB)) {
            mine.segment().set(ValueLayout.JAVA_INT, 100, 7);
            assertThat(theirs.segment().get(ValueLayout.JAVA_INT, 100)).isEqualTo(7);
            assertThat(theirs.address()).isEqualTo(BASE);
        }
    }

    @Test
    void closingSharedMemoryTwiceIsAnError() throws Exception {
        SharedMemory memory = SharedMemory.create("test", MIB);
        memory.close();
        assertThatThrownBy(memory::close).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void writebackBeginsForFilesAlone(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[(int) MIB]);
        try (Writeback writeback = Writeback.of(file)) {
            assertThat(writeback.begin(0, MIB)).isTrue();
            assertThat(writeback.begin(-1, MIB)).isFalse();
        }
        assertThat(file).hasSize(MIB);
        assertThatThrownBy(() -> Writeback.of(folder.resolve("none")))
                .isInstanceOf(LinuxException.class)
                .hasMessage("open " + folder.resolve("none") + ": no such file or directory");
    }
}
