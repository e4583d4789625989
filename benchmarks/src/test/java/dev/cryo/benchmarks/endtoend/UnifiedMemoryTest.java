package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.apps.UnifiedPages;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An application that uses unified memory from four threads and compares all of it with a model. */
@NeedsCriu
class UnifiedMemoryTest extends InWorkplace {
    private static final String JOB = "unified";

    @Test
    void unifiedMemoryIsExactBesideAProxy() throws Exception {
        Child launched = place.launch(JOB, List.of(), Applications.java(UnifiedPages.class, "--steps", "20"));
        launched.succeed(RUN);
        assertThat(launched.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    void unifiedMemoryIsExactInTheApplicationsProcess() throws Exception {
        Child launched = place.launch(
                JOB, List.of("--in-process", "--host", "app"), Applications.java(UnifiedPages.class, "--steps", "20"));
        launched.succeed(RUN);
        assertThat(launched.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    void unifiedMemorySurvivesCheckpointsAndRestarts() throws Exception {
        Child launched = place.launch(
                JOB, List.of(), Applications.java(UnifiedPages.class, "--steps", "30", "--step-ms", "50"));
        launched.out().await("step 4/30", SOON);
        place.checkpoint(JOB);
        launched.out().await("step 8/30", SOON);
        place.checkpoint(JOB);
        launched.out().await("step 10/30", SOON);
        place.kill(JOB);
        Child restarted = place.start("restart", JOB);
        restarted.out().await("step 14/30", SOON);
        place.checkpoint(JOB);
        restarted.out().await("step 16/30", SOON);
        place.kill(JOB);

        Child again = place.start("restart", JOB).succeed(RUN);

        assertThat(again.out().texts().getLast()).startsWith("OK ");
    }
}
