package dev.cryo.streamlog.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
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
    void aFrozenForkKeepsWhatWasThereWhenItWasMade() throws Exception {
        VirtualMemory.reserve(BASE, 32 * MIB);
        try (Arena arena = Arena.ofConfined()) {
            VirtualMemory.commit(BASE, 32 * MIB);
            MemorySegment memory = VirtualMemory.at(BASE, 32 * MIB);
            memory.fill((byte) 1);
            try (FrozenFork fork = FrozenFork.fork()) {
                memory.fill((byte) 2);
                MemorySegment copy = arena.allocate(32 * MIB);
                fork.read(BASE, copy);
                assertThat(copy.mismatch(arena.allocate(32 * MIB).fill((byte) 1))).isEqualTo(-1);
                assertThat(ProcessHandle.of(fork.pid())).isPresent();
            }
        } finally {
            VirtualMemory.unmap(BASE, 32 * MIB);
        }
    }

    @Test
    void aFrozenForkEndsWithTheThreadThatMadeItAndSoWithItsProcess() throws Exception {
        FrozenFork[] made = new FrozenFork[1];
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                made[0] = FrozenFork.fork();
            } catch (LinuxException e) {
                throw new IllegalStateException(e);
            }
        });
        thread.join();
        try (FrozenFork fork = made[0];
                Arena arena = Arena.ofConfined()) {
            MemorySegment some = arena.allocate(ValueLayout.JAVA_LONG);
            long limit = System.nanoTime() + 10_000_000_000L;
            boolean lives = true;
            while (lives && System.nanoTime() < limit) {
                try {
                    fork.read(some.address(), some);
                } catch (LinuxException e) {
                    lives = false;
                }
            }
            assertThat(lives).isFalse();
        }
    }

    @Test
    void rehearsingAForkLeavesNoProcess() {
        long before = ProcessHandle.current().children().count();
        FrozenFork.rehearse();
        assertThat(ProcessHandle.current().children()).hasSize((int) before);
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
