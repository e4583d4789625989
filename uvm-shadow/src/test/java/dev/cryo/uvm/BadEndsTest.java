package dev.cryo.uvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.uvm.model.Application;
import dev.cryo.uvm.model.NeedsUserfaultfd;
import java.io.BufferedReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What ends an application ends it: nothing hangs, and nothing is read that is not there. */
@NeedsUserfaultfd
@Timeout(60)
class BadEndsTest {
    private static final int SIGKILL = 9;

    @Test
    void theLossOfThePagerEndsAnApplicationThatWaitsForAPage() throws Exception {
        Process application = Application.start(Application.Deed.WAIT);
        try (BufferedReader output = application.inputReader()) {
            ProcessHandle pager = ProcessHandle.of(Long.parseLong(output.readLine())).orElseThrow();
            assertThat(output.readLine()).isEqualTo("waits");
            List<String> reports = Collections.synchronizedList(new ArrayList<>());
            try (PagerWatch watch = PagerWatch.start(
                    pager, application.toHandle(), Duration.ofSeconds(1), reports::add)) {
                pager.destroyForcibly();

                assertThat(application.waitFor(5, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(application.exitValue()).isEqualTo(128 + SIGKILL);
            assertThat(output.readAllAsString()).isEmpty();
            assertThat(reports).containsExactly("process " + pager.pid() + ", which serves the pages of unified memory,"
                    + " has ended; the application, process " + application.pid()
                    + ", cannot go on without them and is killed");
        } finally {
            application.destroyForcibly();
        }
    }

    @Test
    void withoutAWatchAnApplicationThatLostItsPagerWaitsAndReadsNoZeros() throws Exception {
        Process application = Application.start(Application.Deed.WAIT);
        try (BufferedReader output = application.inputReader()) {
            ProcessHandle pager = ProcessHandle.of(Long.parseLong(output.readLine())).orElseThrow();
            assertThat(output.readLine()).isEqualTo("waits");
            pager.destroyForcibly();

            assertThat(application.waitFor(1, TimeUnit.SECONDS)).isFalse();
            application.toHandle().destroyForcibly();
            assertThat(output.readAllAsString()).isEmpty();
        } finally {
            application.destroyForcibly();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"READ_FREED", "FREE_WHILE_WAITING", "READ_BEYOND"})
    void anAccessOutsideOfRegionsIsTheOrdinaryFault(Application.Deed deed) throws Exception {
        Process application = Application.start(deed);
        try (BufferedReader output = application.inputReader()) {
            ProcessHandle pager = ProcessHandle.of(Long.parseLong(output.readLine())).orElseThrow();
            String rest = output.readAllAsString();

            assertThat(application.waitFor(5, TimeUnit.SECONDS)).isTrue();
            assertThat(rest).contains("fatal error", "SIGSEGV").doesNotContain("has read");
            // Its standard input has ended.
            assertThat(pager.onExit()).succeedsWithin(Duration.ofSeconds(5));
        } finally {
            application.destroyForcibly();
        }
    }
}
