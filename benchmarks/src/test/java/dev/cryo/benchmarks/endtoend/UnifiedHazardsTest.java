package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.apps.UnifiedHazards;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What is known to go wrong with shadow pages (CRUM's hazards: Garg et al., "CRUM: Checkpoint-Restart Support for
 * CUDA's Unified Memory", 2018), each by itself through the whole stack.
 */
class UnifiedHazardsTest extends InWorkplace {
    private void assertNone(String hazard) throws Exception {
        Child launched = place.launch(
                "hazard", List.of("--host", "app"), Applications.java(UnifiedHazards.class, "--hazard", hazard));
        launched.succeed(RUN);
        assertThat(launched.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    void aFirstWriteToAPartOfAPageKeepsTheRestThatTheDeviceWrote() throws Exception {
        assertNone("partial-write");
    }

    @Test
    void aPageThatTheHostWroteAndThenPollsShowsTheDevicesLaterWrite() throws Exception {
        assertNone("poll");
    }

    @Test
    void smallAllocationsShareNoPage() throws Exception {
        assertNone("neighbours");
    }

    @Test
    void aFlagIsSeenAndNothingIsLostWhileTheRegionIsInUseElsewhere() throws Exception {
        assertNone("flag");
    }

    @Test
    void twoKernelsAndTheHostCanWriteDifferentPagesOfARegion() throws Exception {
        assertNone("pages");
    }

    @Test
    void filesAreReadIntoItAndWrittenFromIt() throws Exception {
        assertNone("files");
    }
}
