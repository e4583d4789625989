package dev.cryo.streamlog.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CFunctionTest {
    private static final int EBADF = 9;
    private static final int ENOENT = 2;
    private static final long SYS_GETPID = 39;
    private static final long O_RDWR_CREAT = 02 | 0100;

    @TempDir
    private Path folder;

    @Test
    void takesFewerArgumentsThanSixAndMore() {
        assertThat((int) CFunction.of("abs").call(-7)).isEqualTo(7);
        assertThat(CFunction.of("labs").call(Long.MIN_VALUE + 1)).isEqualTo(Long.MAX_VALUE);
        assertThat(CFunction.of("syscall").call(SYS_GETPID, 1, 2, 3, 4, 5))
                .isEqualTo(ProcessHandle.current().pid());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom("seven 7");
            assertThat(CFunction.of("strlen").call(text.address())).isEqualTo(7);
            assertThat((int) CFunction.of("memcmp").call(text.address(), text.address(), 7)).isZero();
        }
    }

    /** What comes after its named arguments is its own, and comes there too. */
    @Test
    void callsThoseWithAVariableNumberOfArguments() throws Exception {
        Path made = folder.resolve("made");
        try (Arena arena = Arena.ofConfined()) {
            long open = CFunction.of("open").call(arena.allocateFrom(made.toString()).address(), O_RDWR_CREAT, 0600);
            assertThat((int) open).isPositive();
            assertThat(CFunction.of("pwrite").call(open, arena.allocateFrom("ab").address(), 2, 3)).isEqualTo(2);
            assertThat((int) CFunction.of("close").call(open)).isZero();
            MemorySegment printed = arena.allocate(32);
            MemorySegment format = arena.allocateFrom("%d %ld %x");
            long length = CFunction.of("snprintf").call(printed.address(), 32, format.address(), -1, 1L << 40, 255);
            assertThat((int) length).isEqualTo("-1 1099511627776 ff".length());
            assertThat(printed.getString(0)).isEqualTo("-1 1099511627776 ff");
        }
        assertThat(Files.readAllBytes(made)).containsExactly(0, 0, 0, 'a', 'b');
    }

    @Test
    void tellsTheErrorOfTheCallingThread() throws Exception {
        CFunction close = CFunction.of("close");
        assertThat((int) close.call(-1)).isNegative();
        FutureTask<Integer> other = new FutureTask<>(() -> {
            try (Arena arena = Arena.ofConfined()) {
                long open = CFunction.of("open").call(arena.allocateFrom("/no/such/file").address(), 0);
                assertThat((int) open).isNegative();
                return LibC.errno();
            }
        });
        Thread unused = Thread.ofPlatform().start(other);
        assertThat(other.get()).isEqualTo(ENOENT);
        assertThat(LibC.errno()).isEqualTo(EBADF);
    }

    @Test
    void takesAddressesOfAllSixtyFourBits() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = arena.allocate(ValueLayout.JAVA_LONG);
            long filled = CFunction.of("memset").call(word.address(), 0x5a, 8);
            assertThat(filled).isEqualTo(word.address());
            assertThat(word.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(0x5a5a5a5a5a5a5a5aL);
        }
    }

    @Test
    void namesWhatTheCLibraryHasNot() {
        assertThatThrownBy(() -> CFunction.of("no_such_function"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the C library has no no_such_function");
    }
}
