package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.apps.SelfSaving;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.trainer.ReferenceTrainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Applications that save their own host state through org.crac: needs neither CRIU nor root. */
class OwnHostStateTest extends InWorkplace {
    private static final String JOB = "self";

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void deviceMemoryAndHandlesComeBackInANewJvm(boolean inProcess) throws Exception {
        comeBack(inProcess);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void unifiedMemoryComesBackInANewJvm(boolean inProcess) throws Exception {
        comeBack(inProcess, "--managed");
    }

    private void comeBack(boolean inProcess, String... more) throws Exception {
        Path state = place.home().resolve("state.txt");
        List<String> options = new ArrayList<>(List.of("--host", "app"));
        if (inProcess) {
            options.add("--in-process");
        }
        List<String> arguments =
                new ArrayList<>(List.of("--state", state.toString(), "--steps", "10", "--step-ms", "150"));
        arguments.addAll(List.of(more));
        Child launched = place.launch(
                JOB, options, Applications.java(SelfSaving.class, arguments.toArray(String[]::new)));
        launched.out().await("step 3/10", SOON);
        place.checkpoint(JOB);
        launched.out().await("goes on after step", SOON);
        launched.out().await("step 6/10", SOON);
        place.kill(JOB);
        launched.exitCode(SOON);

        Child restarted = place.start("restart", JOB).succeed(RUN);

        assertThat(restarted.out().texts().getLast()).startsWith("OK ");
        assertThat(restarted.out().texts()).anyMatch(line -> line.startsWith("goes on after step"));
    }

    @Test
    void withoutAResourceTheUserIsToldThatTheApplicationWillBeginAnew() throws Exception {
        Child launched = place.launch(JOB, List.of("--host", "app"), Applications.trainer("--epochs", "100"));
        TrainerOutput.awaitEpoch(launched, 2, RUN);

        place.checkpoint(JOB);

        launched.err().await("has device memory alone", SOON);
        place.kill(JOB);
        launched.exitCode(SOON);
    }

    @Test
    void aTrainingInOneProcessAndWithoutALogIsTheSame() throws Exception {
        List<String> options = List.of("--host", "app", "--in-process", "--no-log");
        Child launched = place.launch(JOB, options, Applications.trainer("--epochs", "6"))
                .succeed(RUN);

        assertThat(TrainerOutput.await(launched, SOON).sha256())
                .isEqualTo(ReferenceTrainer.train("--epochs", "6").sha256());
    }
}
