package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.proxy.driver.DriverException;
import dev.cryo.proxy.driver.LibCudaCheckpoints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The trainer on a GPU, through JCuda's own natives, saved by NVIDIA's driver. */
@NeedsCriu
@Tag("gpu")
class DriverEngineOnGpuTest extends InWorkplace {
    private static final String JOB = "training";

    /** The property that names the folder of JCuda's natives; in a kit they have a place. */
    private static final String NATIVES = "cryo.jcuda.natives";

    private Path natives;

    @BeforeEach
    void requireGpu() throws Exception {
        try {
            assumeTrue(!LibCudaCheckpoints.load().gpus().isEmpty(), "needs a GPU: CUDA finds none");
        } catch (DriverException e) {
            abort("needs a GPU whose driver checkpoints processes: " + e.getMessage());
        }
        String named = System.getProperty(NATIVES, System.getProperty("cryo.dist", "") + "/jcuda/lib");
        natives = Path.of(named);
        assumeTrue(Files.isDirectory(natives), "needs JCuda's natives in the folder that the property " + NATIVES
                + " names; there is no folder " + natives);
    }

    private List<String> trainer(String... arguments) {
        List<String> words = new ArrayList<>(Applications.trainer(arguments));
        words.addAll(1, List.of("-Djava.library.path=" + natives, "--enable-native-access=ALL-UNNAMED"));
        return words;
    }

    private Child launch(String name, String... arguments) throws Exception {
        return place.launch(name, List.of("--engine", "driver"), trainer(arguments));
    }

    @Test
    void aKilledTrainingEndsWithTheWeightsOfOneThatIsNot() throws Exception {
        Child undisturbed = launch("undisturbed", "--epochs", "20");
        String expected = TrainerOutput.await(undisturbed, RUN).sha256();
        undisturbed.succeed(SOON);

        Child launched = launch(JOB, "--epochs", "20", "--pause-ms", "5");
        TrainerOutput.awaitEpoch(launched, 4, RUN);
        System.out.println(place.checkpoint(JOB));
        TrainerOutput.awaitEpoch(launched, 7, RUN);
        System.out.println(place.checkpoint(JOB));
        place.kill(JOB);
        assertThat(launched.exitCode(SOON)).isNotZero();
        Child restarted = place.start("restart", JOB);
        assertThat(TrainerOutput.await(restarted, RUN).sha256()).isEqualTo(expected);
        restarted.succeed(SOON);

        Child older = place.start("restart", JOB + "@1");
        assertThat(TrainerOutput.await(older, RUN).sha256()).isEqualTo(expected);
        older.succeed(SOON);
    }

    @Test
    void twoJobsAtATimeDoNotDisturbEachOther() throws Exception {
        Child one = launch("one", "--epochs", "20", "--pause-ms", "5");
        Child other = launch("other", "--epochs", "20", "--pause-ms", "5");
        TrainerOutput.awaitEpoch(one, 3, RUN);
        TrainerOutput.awaitEpoch(other, 3, RUN);
        place.checkpoint("one");
        place.checkpoint("other");
        place.kill("one");
        place.kill("other");
        Child oneAgain = place.start("restart", "one");
        Child otherAgain = place.start("restart", "other");
        assertThat(TrainerOutput.await(oneAgain, RUN).sha256())
                .isEqualTo(TrainerOutput.await(otherAgain, RUN).sha256());
    }

    @Test
    void terminationSavesAndEndsAndARestartGoesOn() throws Exception {
        Child launched = launch(JOB, "--epochs", "20", "--pause-ms", "5");
        TrainerOutput.awaitEpoch(launched, 4, RUN);
        launched.signal("TERM");
        assertThat(launched.exitCode(RUN)).isEqualTo(128 + 15);
        Child restarted = place.start("restart", JOB);
        TrainerOutput.await(restarted, RUN);
        restarted.succeed(SOON);
        assertThat(restarted.out().texts()).noneMatch(line -> line.startsWith("epoch 3/20"));
    }
}
