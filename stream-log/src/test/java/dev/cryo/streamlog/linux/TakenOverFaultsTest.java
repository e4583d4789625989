package dev.cryo.streamlog.linux;

import static dev.cryo.streamlog.linux.VirtualMemory.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.linux.Userfaultfd.Copied;
import dev.cryo.streamlog.linux.Userfaultfd.Outcome;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page faults of another process. */
@Tag("uffd")
@Timeout(30)
class TakenOverFaultsTest {
    private static final int WAIT_MILLIS = 5000;

    @BeforeEach
    void skipWhereItIsRefused() {
        Optional<String> whyNot = Userfaultfd.whyNot();
        Assumptions.assumeTrue(whyNot.isEmpty(), () -> whyNot.orElse(""));
    }

    @Test
    void anotherProcessServesThem() throws Exception {
        try (Arena arena = Arena.ofConfined();
                EventDescriptor bell = EventDescriptor.open();
                FaultingProcess other = FaultingProcess.start();
                Userfaultfd faults = Userfaultfd.takeOver(other.pid(), other.faults())) {
            faults.register(other.address(), FaultingProcess.PAGES * PAGE_BYTES);
            FaultMessages messages = new FaultMessages(arena, 1);
            MemorySegment contents = arena.allocate(PAGE_BYTES, PAGE_BYTES);
            List<String> told = new ArrayList<>();
            other.go();
            while (told.size() < 2 * FaultingProcess.PAGES - 1) {
                faults.await(bell, WAIT_MILLIS);
                assertThat(messages.read(faults)).isEqualTo(1);
                long page = messages.address(0);
                told.add((page - other.address()) / PAGE_BYTES + (messages.isWrite(0) ? " written" : " read"));
                if (messages.isWrite(0)) {
                    faults.writeProtect(page, PAGE_BYTES, false);
                } else {
                    contents.set(ValueLayout.JAVA_LONG, 0, 10L * told.size());
                    assertThat(faults.copy(page, contents.address(), PAGE_BYTES, true))
                            .isEqualTo(new Copied(PAGE_BYTES, Outcome.DONE));
                }
            }

            assertThat(other.output().readAllLines()).containsExactly("11", "31", "51", "70");
            assertThat(told)
                    .containsExactly(
                            "0 read", "0 written", "1 read", "1 written", "2 read", "2 written", "3 read");
        }
    }

    @Test
    void theEndOfTheProcessIsToldByTheNextCopyAndNothingElseFails() throws Exception {
        try (Arena arena = Arena.ofConfined();
                FaultingProcess other = FaultingProcess.start();
                Userfaultfd faults = Userfaultfd.takeOver(other.pid(), other.faults())) {
            faults.register(other.address(), FaultingProcess.PAGES * PAGE_BYTES);
            other.process().destroyForcibly();
            assertThat(other.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
            long contents = arena.allocate(PAGE_BYTES, PAGE_BYTES).address();

            assertThat(faults.copy(other.address(), contents, PAGE_BYTES, false))
                    .isEqualTo(new Copied(0, Outcome.GONE));
            faults.writeProtect(other.address(), PAGE_BYTES, true);
            faults.poison(other.address(), PAGE_BYTES);
            faults.wake(other.address(), PAGE_BYTES);
            faults.unregister(other.address(), FaultingProcess.PAGES * PAGE_BYTES);
        }
    }
}
