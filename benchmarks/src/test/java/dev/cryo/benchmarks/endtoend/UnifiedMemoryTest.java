package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.apps.UnifiedPages;
import dev.cryo.benchmarks.apps.UnifiedReader;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.Signals;
import dev.cryo.benchmarks.job.Workplace;
import java.time.Duration;
import java.util.ArrayList;
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
                JOB, List.of(), Applications.java(UnifiedPages.class, "--steps", "60", "--step-ms", "100"));
        launched.out().await("step 4/60", SOON);
        place.checkpoint(JOB);
        launched.out().await("step 8/60", SOON);
        place.checkpoint(JOB);
        place.kill(JOB);
        assertThat(launched.exitCode(SOON)).isNotZero();
        Child restarted = place.start("restart", JOB);
        restarted.out().await("step ", SOON);
        // Asked for early: it takes its time, and the job may end meanwhile.
        Workplace.Parts parts = place.parts(JOB);
        place.checkpoint(JOB);
        place.kill(parts);
        assertThat(restarted.exitCode(SOON)).isNotZero();

        Child again = place.start("restart", JOB).succeed(RUN);

        assertThat(again.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    void anApplicationThatWaitsForPagesEndsSoonAfterItsProxy() throws Exception {
        Child launched = place.launch(JOB, List.of(), Applications.java(UnifiedReader.class));
        launched.out().await("step 3/", SOON);
        long killed = System.nanoTime();

        Signals.send("KILL", place.parts(JOB).proxy());

        assertThat(launched.exitCode(SOON)).isNotZero();
        assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(Duration.ofSeconds(5));
        assertThat(launched.err().text()).contains("the proxy is gone");
    }

    @Test
    void withOnFailureRestartItComesBackFromItsImage() throws Exception {
        Child launched = place.launch(
                JOB,
                List.of("--on-failure", "restart"),
                Applications.java(UnifiedPages.class, "--steps", "30", "--step-ms", "50"));
        launched.out().await("step 4/30", SOON);
        long image = place.checkpoint(JOB).image();

        Signals.send("KILL", place.parts(JOB).proxy());

        launched.err().await("runs again from image " + image, RUN);
        launched.succeed(RUN);
        assertThat(launched.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    void checkpointsOfTheDeviceAloneLeaveUnifiedMemoryInUse() throws Exception {
        Child launched = place.launch(
                JOB,
                List.of("--host", "app"),
                Applications.java(UnifiedPages.class, "--steps", "20", "--step-ms", "50"));
        for (int step = 3; step <= 12; step += 3) {
            launched.out().await("step " + step + "/20", SOON);
            place.checkpoint(JOB);
        }
        launched.succeed(RUN);
        assertThat(launched.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    void whereUserfaultfdIsRefusedEverythingIsCopied() throws Exception {
        try (Workplace eager = Places.createWithoutUserfaultfd()) {
            Child launched = eager.launch(
                    JOB,
                    List.of("--host", "app"),
                    Applications.java(UnifiedPages.class, "--steps", "14", "--step-ms", "50"));
            launched.out().await("step 4/14", SOON);
            eager.checkpoint(JOB);
            launched.succeed(RUN);
            assertThat(launched.out().texts().getLast()).startsWith("OK ");
            assertThat(launched.err().text()).contains("unified memory is copied eagerly");
        }
    }

    @Test
    void checkpointsInTheMiddleOfFaultsLoseNothing() throws Exception {
        Child launched =
                place.launch(JOB, List.of(), Applications.java(UnifiedReader.class, "--steps", "1000000"));
        launched.out().await("step 3/", SOON);
        List<Long> pauses = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            pauses.add(place.checkpoint(JOB).pauseNanos() / 1_000_000);
        }
        System.out.println("pauses in ms: " + pauses);
        place.kill(JOB);
        assertThat(launched.exitCode(SOON)).isNotZero();
        Child restarted = place.start("restart", JOB);
        restarted.out().await("step ", SOON);
        place.checkpoint(JOB);
        Thread.sleep(500);
        assertThat(restarted.err().text()).doesNotContain("FAILED");
        assertThat(place.parts(JOB).application()).isPositive();
    }
}
