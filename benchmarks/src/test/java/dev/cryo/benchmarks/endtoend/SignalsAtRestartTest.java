package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.Signals;
import dev.cryo.benchmarks.job.TrainerOutput;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Signals that come while a job is being brought back; a proxy that is stopped keeps it from being there too soon. */
@NeedsCriu
class SignalsAtRestartTest extends InWorkplace {
    private static final String JOB = "signals";

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private Child restarted;

    private long proxy;

    @BeforeEach
    void restartAndStopHalfWay() throws Exception {
        Child launched =
                place.launch(JOB, List.of(), Applications.trainer("--epochs", "7", "--pause-ms", "15"));
        TrainerOutput.awaitEpoch(launched, 2, RUN);
        launched.signal("TERM");
        assertThat(launched.exitCode(SOON)).isEqualTo(128 + 15);
        restarted = place.start("restart", JOB);
        JsonNode status = JobFile.await(
                place,
                JOB,
                now -> now.path("supervisor").path("pid").asLong() == restarted.pid()
                        && now.path("proxy").path("pid").asLong() > 0,
                SOON);
        proxy = status.path("proxy").path("pid").asLong();
        Signals.send("STOP", proxy);
    }

    @Test
    void terminationIsRememberedAndCheckpointsBeforeTheEnd() throws Exception {
        restarted.signal("TERM");
        restarted.err().await("checkpointed and ended as soon as it runs", SOON);
        Signals.send("CONT", proxy);

        assertThat(restarted.exitCode(SOON)).isEqualTo(128 + 15);
        assertThat(images()).isEqualTo(2);
    }

    @Test
    void theSecondTerminationGivesTheRestartUp() throws Exception {
        restarted.signal("TERM");
        restarted.err().await("another SIGTERM gives it up", SOON);
        Thread.sleep(600); // Two at once are taken for one.
        restarted.signal("TERM");

        assertThat(restarted.exitCode(SOON)).isEqualTo(128 + 15);
        assertThat(restarted.err().text()).contains("the restart was given up; image 1 is as it was");
        assertThat(images()).isEqualTo(1);
        assertThat(place.processes()).isEmpty();
    }

    @Test
    void aCheckpointThatIsAskedForIsTakenOnceTheJobRuns() throws Exception {
        restarted.signal("USR1");
        restarted.err().await("a checkpoint is taken as soon as the job runs", SOON);
        Signals.send("CONT", proxy);
        restarted.err().await("image 2: ", SOON);
        restarted.signal("INT");

        assertThat(restarted.exitCode(SOON)).isEqualTo(128 + 2);
        assertThat(images()).isEqualTo(2);
    }

    private int images() throws Exception {
        return place.json("images", JOB, "--json").size();
    }
}
