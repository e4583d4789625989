package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.apps.EndlessKernel;
import dev.cryo.benchmarks.apps.ManagedVariables;
import dev.cryo.benchmarks.apps.PinnedAndGlobals;
import dev.cryo.benchmarks.apps.UnifiedPages;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.job.Workplace;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Jobs on the device of an NVIDIA driver, which is simulated: everything but the driver itself is what runs on a GPU.
 */
@NeedsCriu
class SimulatedGpuTest {
    private static final String JOB = "job";
    private static final List<String> NVIDIA = List.of("--device", "nvidia");

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private Workplace place;

    @BeforeEach
    void createWorkplace() throws Exception {
        place = Places.createWithSimulatedGpu();
    }

    @AfterEach
    void closeWorkplace() throws Exception {
        place.close();
        assertThat(place.processes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"nvidia,device,nvidia", "nvidia,pinned,ptx", "ptx,auto,nvidia"})
    void aTrainingThatIsKilledEndsOnAnyKindOfDeviceAsOneThatIsNot(String device, String capture, String next)
            throws Exception {
        TrainerOutput.Result expected = TrainerOutput.await(
                place.launch("undisturbed", List.of(), Applications.trainer("--epochs", "10")).succeed(RUN), SOON);
        Child launched = place.launch(
                JOB,
                List.of("--device", device, "--capture", capture),
                Applications.trainer("--epochs", "10", "--pause-ms", "30"));
        TrainerOutput.awaitEpoch(launched, 2, RUN);
        Workplace.Parts parts = place.parts(JOB);
        place.checkpoint(JOB);
        place.kill(parts);

        Child restarted = place.start("restart", JOB, "--device", next).succeed(RUN);

        TrainerOutput.Result result = TrainerOutput.await(restarted, SOON);
        assertThat(result.sha256()).isEqualTo(expected.sha256());
        assertThat(result.accuracy()).isEqualTo(expected.accuracy());
    }

    @Test
    void pageLockedMemoryAndModuleVariablesSurvive() throws Exception {
        survives(NVIDIA, Applications.java(PinnedAndGlobals.class, "--steps", "60", "--step-ms", "100"));
    }

    @Test
    @Tag("soak")
    void managedVariablesSurvive() throws Exception {
        survives(NVIDIA, Applications.java(ManagedVariables.class, "--steps", "60", "--step-ms", "100"));
    }

    @ParameterizedTest
    @Tag("soak")
    @ValueSource(strings = {"pages", "regions", "eager"})
    void unifiedMemorySurvives(String policy) throws Exception {
        survives(
                List.of("--device", "nvidia", "--unified-memory", policy),
                Applications.java(UnifiedPages.class, "--steps", "60", "--step-ms", "100"));
    }

    /** Restarts twice, the second time on the processor. */
    private void survives(List<String> options, List<String> application) throws Exception {
        saveAndKill(place.launch(JOB, options, application));
        saveAndKill(place.start("restart", JOB));

        Child again = place.start("restart", JOB, "--device", "ptx").succeed(RUN);

        assertThat(again.out().texts().getLast()).startsWith("OK ");
    }

    private void saveAndKill(Child job) throws Exception {
        job.out().await(line -> line.startsWith("step "), "a step", RUN);
        // Asked for early: it takes its time, and the job may end meanwhile.
        Workplace.Parts parts = place.parts(JOB);
        place.checkpoint(JOB);
        place.kill(parts);
    }

    @Test
    void aKernelThatNeverEndsMakesTheCheckpointTimeOutAndTheApplicationRunsOn() throws Exception {
        Child launched = place.launch(
                JOB, NVIDIA, Applications.java(EndlessKernel.class, "--spin-ms", "6000", "--steps", "1"));
        launched.out().await("spinning", SOON);

        Child checkpoint = place.run("checkpoint", JOB, "--timeout", "2s");

        assertThat(checkpoint.exitCode(SOON)).isEqualTo(Places.NO_CHECKPOINT);
        assertThat(checkpoint.err().text()).contains("runs kernel spin on stream").contains("2000 ms");
        launched.succeed(RUN);
        assertThat(launched.out().texts().getLast()).startsWith("OK ");
    }
}
