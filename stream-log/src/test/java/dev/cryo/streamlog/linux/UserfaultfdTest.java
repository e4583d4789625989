package dev.cryo.streamlog.linux;

import static dev.cryo.streamlog.linux.Touch.value;
import static dev.cryo.streamlog.linux.VirtualMemory.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.linux.Userfaultfd.Copied;
import dev.cryo.streamlog.linux.Userfaultfd.Outcome;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("uffd")
@Timeout(30)
class UserfaultfdTest {
    private static final int PAGES = 8;
    private static final int WAIT_MILLIS = 5000;

    private final Arena arena = Arena.ofShared();
    private final FaultMessages messages = new FaultMessages(arena, 4);
    private SharedMemory memory;
    private EventDescriptor bell;
    private Userfaultfd faults;

    @BeforeEach
    void open() throws Exception {
        Optional<String> whyNot = Userfaultfd.whyNot();
        Assumptions.assumeTrue(whyNot.isEmpty(), () -> whyNot.orElse(""));
        memory = SharedMemory.create("faulty", PAGES * PAGE_BYTES);
        bell = EventDescriptor.open();
        faults = Userfaultfd.open();
        faults.register(memory.address(), memory.bytes());
    }

    @AfterEach
    void close() throws Exception {
        if (faults != null) {
            faults.close();
            bell.close();
            memory.close();
        }
        arena.close();
    }

    private long page(int index) {
        return memory.address() + index * PAGE_BYTES;
    }

    /** So many pages of this process that begin with 1, 2, 3. */
    private long contents(int pages) {
        MemorySegment contents = arena.allocate(pages * PAGE_BYTES, PAGE_BYTES);
        for (int i = 0; i < pages; i++) {
            contents.set(ValueLayout.JAVA_LONG, i * PAGE_BYTES, i + 1);
        }
        return contents.address();
    }

    /** The one message that comes. */
    private void assertTold(long address, boolean write) throws Exception {
        faults.await(bell, WAIT_MILLIS);
        assertThat(messages.read(faults)).isEqualTo(1);
        assertThat(messages.address(0)).isEqualTo(address);
        assertThat(messages.isWrite(0)).isEqualTo(write);
    }

    private void assertNothingTold() throws Exception {
        assertThat(messages.read(faults)).isZero();
    }

    @Test
    void aThreadThatReadsAMissingPageWaitsUntilItIsThere() throws Exception {
        CompletableFuture<Long> read = Touch.read(page(2) + 8);
        assertTold(page(2), false);
        assertThat(read).isNotDone();
        MemorySegment contents = arena.allocate(PAGE_BYTES, PAGE_BYTES);
        contents.set(ValueLayout.JAVA_LONG, 8, 42);

        Copied copied = faults.copy(page(2), contents.address(), PAGE_BYTES, false);

        assertThat(copied).isEqualTo(new Copied(PAGE_BYTES, Outcome.DONE));
        assertThat(value(read)).isEqualTo(42);
        assertNothingTold();
    }

    @Test
    void aThreadThatWritesToAMissingPageKeepsTheRestOfIt() throws Exception {
        CompletableFuture<Long> write = Touch.write(page(0) + 16, 7);
        assertTold(page(0), true);

        faults.copy(page(0), contents(1), PAGE_BYTES, false);

        assertThat(value(write)).isEqualTo(7);
        assertThat(value(Touch.read(page(0)))).isEqualTo(1);
        assertThat(value(Touch.read(page(0) + 16))).isEqualTo(7);
        assertNothingTold();
    }

    @Test
    void pagesThatArePutThereProtectedTellOfTheFirstWriteToEach() throws Exception {
        faults.copy(page(1), contents(3), 3 * PAGE_BYTES, true);
        assertThat(value(Touch.read(page(2)))).isEqualTo(2);
        assertNothingTold();

        CompletableFuture<Long> write = Touch.write(page(2), 20);
        assertTold(page(2), true);
        assertThat(write).isNotDone();
        assertThat(value(Touch.read(page(2)))).isEqualTo(2);
        faults.writeProtect(page(2), PAGE_BYTES, false);

        assertThat(value(write)).isEqualTo(20);
        assertThat(value(Touch.write(page(2) + 8, 21))).isEqualTo(21);
        assertNothingTold();
        CompletableFuture<Long> other = Touch.write(page(3), 30);
        assertTold(page(3), true);
        faults.writeProtect(page(1), 3 * PAGE_BYTES, false);
        assertThat(value(other)).isEqualTo(30);
    }

    @Test
    void pagesCanBeProtectedAndLetGoLater() throws Exception {
        faults.copy(page(0), contents(2), 2 * PAGE_BYTES, false);
        assertThat(value(Touch.write(page(0), 10))).isEqualTo(10);
        assertNothingTold();

        faults.writeProtect(page(0), 2 * PAGE_BYTES, true);
        CompletableFuture<Long> write = Touch.write(page(1), 20);
        assertTold(page(1), true);
        assertThat(value(Touch.read(page(1)))).isEqualTo(2);
        assertThat(value(Touch.read(page(0)))).isEqualTo(10);
        faults.writeProtect(page(0), 2 * PAGE_BYTES, false);

        assertThat(value(write)).isEqualTo(20);
        assertThat(value(Touch.write(page(0), 11))).isEqualTo(11);
        assertNothingTold();
    }

    @Test
    void aPageThatWasTakenOutIsMissingAgain() throws Exception {
        faults.copy(page(0), contents(2), 2 * PAGE_BYTES, false);
        VirtualMemory.removeShared(page(0), PAGE_BYTES);

        CompletableFuture<Long> read = Touch.read(page(0));
        assertTold(page(0), false);
        assertThat(value(Touch.read(page(1)))).isEqualTo(2);
        faults.copy(page(0), contents(1), PAGE_BYTES, false);
        assertThat(value(read)).isEqualTo(1);
    }

    @Test
    void copyingEndsAtAPageThatIsThereAndWhereNothingIsMapped() throws Exception {
        faults.copy(page(2), contents(1), PAGE_BYTES, false);

        assertThat(faults.copy(page(0), contents(4), 4 * PAGE_BYTES, false))
                .isEqualTo(new Copied(2 * PAGE_BYTES, Outcome.OCCUPIED));
        assertThat(faults.copy(page(2), contents(1), PAGE_BYTES, true)).isEqualTo(new Copied(0, Outcome.OCCUPIED));
        assertThat(value(Touch.read(page(1)))).isEqualTo(2);
        assertThat(faults.copy(16 * PAGE_BYTES, contents(1), PAGE_BYTES, false))
                .isEqualTo(new Copied(0, Outcome.UNMAPPED));
    }

    @Test
    void aThreadThatIsWokenLooksAgain() throws Exception {
        CompletableFuture<Long> read = Touch.read(page(5));
        assertTold(page(5), false);
        faults.wake(page(5), PAGE_BYTES);
        assertTold(page(5), false);
        assertThat(read).isNotDone();
        faults.copy(page(5), contents(1), PAGE_BYTES, false);
        assertThat(value(read)).isEqualTo(1);
    }

    @Test
    void accessToPoisonedPagesFailsAlsoWhereAThreadWaits() throws Exception {
        faults.copy(page(3), contents(1), PAGE_BYTES, false);
        CompletableFuture<Long> waiting = Touch.read(page(1));
        assertTold(page(1), false);

        faults.poison(page(0), 4 * PAGE_BYTES);

        assertFaulted(waiting);
        assertFaulted(Touch.read(page(0)));
        assertFaulted(Touch.write(page(2), 1));
        assertThat(value(Touch.read(page(3)))).isEqualTo(1);
        assertNothingTold();
    }

    private static void assertFaulted(CompletableFuture<Long> access) {
        assertThatThrownBy(() -> value(access))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Touch.EFAULT));
    }

    @Test
    void whatIsNotRegisteredAnyMoreIsPlainMemory() throws Exception {
        faults.copy(page(1), contents(1), PAGE_BYTES, true);
        CompletableFuture<Long> waiting = Touch.read(page(0));
        assertTold(page(0), false);

        faults.unregister(memory.address(), memory.bytes());

        assertThat(value(waiting)).isZero();
        assertThat(value(Touch.write(page(1), 5))).isEqualTo(5);
        assertThat(value(Touch.read(page(7)))).isZero();
        assertNothingTold();
        faults.unregister(memory.address(), memory.bytes());
        faults.register(memory.address(), memory.bytes());
        CompletableFuture<Long> again = Touch.read(page(4));
        assertTold(page(4), false);
        faults.copy(page(4), contents(1), PAGE_BYTES, false);
        assertThat(value(again)).isEqualTo(1);
    }

    @Test
    void theLastOneToCloseEndsAllWaiting() throws Exception {
        CompletableFuture<Long> waiting = Touch.read(page(0));
        assertTold(page(0), false);
        Userfaultfd second = Userfaultfd.takeOver(ProcessHandle.current().pid(), faults.descriptor());
        faults.close();
        faults = second;
        faults.wake(page(0), PAGE_BYTES);
        assertTold(page(0), false);
        assertThat(waiting).isNotDone();

        second.close();
        faults = Userfaultfd.open();

        assertThat(value(waiting)).isZero();
    }

    @Test
    void aBellEndsTheWaitForMessages() throws Exception {
        bell.ring();
        long before = System.nanoTime();
        faults.await(bell, WAIT_MILLIS);
        assertThat(System.nanoTime() - before).isLessThan(WAIT_MILLIS * 1_000_000L);
        assertNothingTold();
    }

    @Test
    void endsWhereNothingIsMappedAreNoErrors() throws Exception {
        faults.unregister(16 * PAGE_BYTES, PAGE_BYTES);
        faults.writeProtect(16 * PAGE_BYTES, PAGE_BYTES, true);
        faults.poison(16 * PAGE_BYTES, PAGE_BYTES);
        faults.wake(16 * PAGE_BYTES, PAGE_BYTES);
        assertNothingTold();
    }

    @Test
    void errorsSayWhatWasToBeDone() throws Exception {
        long self = ProcessHandle.current().pid();
        assertThatThrownBy(() -> faults.register(16 * PAGE_BYTES, PAGE_BYTES))
                .hasMessage("register 4096 bytes at 0x10000 for page faults: invalid argument");
        assertThatThrownBy(() -> faults.copy(page(0) + 1, contents(1), PAGE_BYTES, false))
                .hasMessage("put pages at 4096 bytes at 0x" + Long.toHexString(page(0) + 1) + ": invalid argument");
        assertThatThrownBy(() -> faults.copy(page(0), 16 * PAGE_BYTES, PAGE_BYTES, false))
                .hasMessage("put pages at 4096 bytes at 0x" + Long.toHexString(page(0)) + ": bad address");
        assertThatThrownBy(() -> faults.writeProtect(page(0) + 1, PAGE_BYTES, true))
                .hasMessage("protect 4096 bytes at 0x" + Long.toHexString(page(0) + 1) + ": invalid argument");
        assertThatThrownBy(() -> faults.wake(page(0), 1))
                .hasMessage("wake 1 bytes at 0x" + Long.toHexString(page(0)) + ": invalid argument");
        assertThatThrownBy(() -> Userfaultfd.takeOver(self, 9999))
                .hasMessage("take over descriptor 9999 of process " + self + ": bad file descriptor");
        assertThatThrownBy(() -> Userfaultfd.takeOver(Integer.MAX_VALUE, 3))
                .hasMessage("find process 2147483647: no such process");
    }

    @Test
    void closingTwiceIsAnError() throws Exception {
        Userfaultfd other = Userfaultfd.open();
        other.close();
        assertThatThrownBy(other::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("userfaultfd was closed before");
    }
}
