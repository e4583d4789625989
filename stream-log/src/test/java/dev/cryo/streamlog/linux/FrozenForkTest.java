package dev.cryo.streamlog.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FrozenForkTest {
    private static final long BASE = 0x1000_0000_0000L;
    private static final long MIB = 1 << 20;

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

    /** Pinned pages would be copied for the child, until it has all that was read. */
    @Test
    void readingAFrozenForkTakesNoMemory() throws Exception {
        VirtualMemory.reserve(BASE, 32 * MIB);
        try (Arena arena = Arena.ofConfined()) {
            VirtualMemory.commit(BASE, 32 * MIB);
            VirtualMemory.at(BASE, 32 * MIB).fill((byte) 1);
            MemorySegment copy = arena.allocate(32 * MIB);
            try (FrozenFork fork = FrozenFork.fork()) {
                fork.read(BASE, copy);
                assertThat(unsharedBytes(fork)).isZero();
                VirtualMemory.at(BASE, MIB).fill((byte) 2);
                assertThat(unsharedBytes(fork)).isPositive();
            }
        } finally {
            VirtualMemory.unmap(BASE, 32 * MIB);
        }
    }

    /** How much of the memory at {@link #BASE} a fork has alone. */
    private static long unsharedBytes(FrozenFork fork) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + fork.pid() + "/smaps"))) {
            return lines.dropWhile(line -> !line.startsWith(Long.toHexString(BASE) + "-"))
                    .filter(line -> line.startsWith("Private_Dirty:"))
                    .limit(1)
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .sum();
        }
    }

    @Test
    void aForkThatWasClosedIsGoneBeforeTheNext() throws Exception {
        FrozenFork first = FrozenFork.fork();
        first.close();
        assertThatThrownBy(first::close).isInstanceOf(IllegalStateException.class);
        try (FrozenFork second = FrozenFork.fork()) {
            assertThat(ProcessHandle.of(first.pid())).isEmpty();
            assertThat(ProcessHandle.of(second.pid())).isPresent();
        }
    }

    @Test
    void rehearsingAForkLeavesNoProcess() {
        FrozenFork.rehearse(); // Waits for what other tests have closed.
        long before = ProcessHandle.current().children().count();
        FrozenFork.rehearse();
        assertThat(ProcessHandle.current().children()).hasSize((int) before);
    }
}
