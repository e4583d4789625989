package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cryo.benchmarks.apps.EndlessKernel;
import dev.cryo.benchmarks.apps.ManagedVariables;
import dev.cryo.benchmarks.apps.PinnedAndGlobals;
import dev.cryo.benchmarks.apps.UnifiedPages;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.job.Workplace;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs on an NVIDIA device, in a workplace where that is what every job is launched on. */
@NeedsCriu
abstract class NvidiaJobs extends InWorkplace {
    private static final String JOB = "job";

    /** Whether the device rounds as the processor does, so that a training on both gives the same weights. */
    abstract boolean computesAsTheProcessor();

    /** Where a training is left alone that the others are compared with. */
    abstract Workplace referencePlace() throws Exception;

    private TrainerOutput.Result undisturbed() throws Exception {
        try (Workplace reference = referencePlace()) {
            return train(reference, "undisturbed");
        }
    }

    static TrainerOutput.Result train(Workplace where, String name, String... options) throws Exception {
        List<String> trainer = Applications.trainer("--epochs", "6");
        return TrainerOutput.await(where.launch(name, List.of(options), trainer).succeed(RUN), SOON);
    }

    @Test
    void aTrainingThatIsKilledEndsAsOneThatIsNot() throws Exception {
        assertKilledEndsAsUndisturbed("device");
    }

    @Test
    void aTrainingThatIsCapturedToTheHostEndsAsOneThatIsNot() throws Exception {
        assertKilledEndsAsUndisturbed("pinned");
    }

    private void assertKilledEndsAsUndisturbed(String capture) throws Exception {
        saveAndKillTraining("--capture", capture);

        Child restarted = place.start("restart", JOB).succeed(RUN);

        TrainerOutput.Result expected = undisturbed();
        TrainerOutput.Result actual = TrainerOutput.await(restarted, SOON);
        assertThat(actual.sha256()).isEqualTo(expected.sha256());
        assertThat(actual.accuracy()).isEqualTo(expected.accuracy());
    }

    @Test
    void aTrainingGoesToTheProcessorAndBack() throws Exception {
        saveAndKillTraining();
        saveAndKill(place.start("restart", JOB, "--device", "ptx"), "epoch ");

        Child restarted = place.start("restart", JOB, "--device", "nvidia").succeed(RUN);

        TrainerOutput.Result expected = undisturbed();
        TrainerOutput.Result actual = TrainerOutput.await(restarted, SOON);
        if (computesAsTheProcessor()) {
            assertThat(actual.sha256()).isEqualTo(expected.sha256());
        }
        assertThat(percent(actual)).isCloseTo(percent(expected), within(1.0));
    }

    private void saveAndKillTraining(String... options) throws Exception {
        List<String> trainer = Applications.trainer("--epochs", "6", "--pause-ms", "100");
        saveAndKill(place.launch(JOB, List.of(options), trainer), "epoch 2/");
    }

    private static double percent(TrainerOutput.Result result) {
        return Double.parseDouble(result.accuracy());
    }

    @Test
    void pageLockedMemoryAndModuleVariablesSurvive() throws Exception {
        survives(List.of(), Applications.java(PinnedAndGlobals.class, "--steps", "60", "--step-ms", "100"));
    }

    @Test
    void managedVariablesSurvive() throws Exception {
        survives(List.of(), Applications.java(ManagedVariables.class, "--steps", "60", "--step-ms", "100"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pages", "regions", "eager"})
    void unifiedMemorySurvives(String policy) throws Exception {
        survives(
                List.of("--unified-memory", policy),
                Applications.java(UnifiedPages.class, "--steps", "60", "--step-ms", "100"));
    }

    /** Restarts twice, the second time on the processor. */
    private void survives(List<String> options, List<String> application) throws Exception {
        saveAndKill(place.launch(JOB, options, application), "step ");
        saveAndKill(place.start("restart", JOB), "step ");

        Child again = place.start("restart", JOB, "--device", "ptx").succeed(RUN);

        assertThat(again.out().texts().getLast()).startsWith("OK ");
    }

    /** Saves and kills a job that has printed a line which begins so. */
    private void saveAndKill(Child job, String progress) throws Exception {
        job.out().await(line -> line.startsWith(progress), progress, RUN);
        // Asked for early: it takes its time, and the job may end meanwhile.
        Workplace.Parts parts = place.parts(JOB);
        place.checkpoint(JOB);
        place.kill(parts);
    }

    @Test
    void aKernelThatNeverEndsMakesTheCheckpointTimeOutAndTheApplicationRunsOn() throws Exception {
        Child launched = place.launch(
                JOB, List.of(), Applications.java(EndlessKernel.class, "--spin-ms", "6000", "--steps", "1"));
        launched.out().await("spinning", SOON);

        Child checkpoint = place.run("checkpoint", JOB, "--timeout", "2s");

        assertThat(checkpoint.exitCode(SOON)).isEqualTo(Places.NO_CHECKPOINT);
        assertThat(checkpoint.err().text()).contains("runs kernel spin on stream").contains("2000 ms");
        launched.succeed(RUN);
        assertThat(launched.out().texts().getLast()).startsWith("OK ");
    }
}
