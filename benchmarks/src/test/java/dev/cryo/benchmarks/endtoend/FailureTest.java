package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.Signals;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.benchmarks.trainer.ReferenceTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Parts of a job that die, and a disk that is full. */
@NeedsCriu
class FailureTest extends InWorkplace {
    private static final String JOB = "training";
    private static final List<String> TRAINING = Applications.trainer("--epochs", "6", "--pause-ms", "15");

    private static void assertWeights(Child trainer) throws Exception {
        assertThat(TrainerOutput.await(trainer, RUN).sha256())
                .isEqualTo(ReferenceTrainer.train("--epochs", "6").sha256());
        trainer.succeed(SOON);
    }

    @Test
    void aKilledProxyIsACudaErrorInTheApplicationAndReported() throws Exception {
        Child launched = place.launch(JOB, List.of(), TRAINING);
        TrainerOutput.awaitEpoch(launched, 2, RUN);

        Signals.send("KILL", place.parts(JOB).proxy());

        assertThat(launched.exitCode(SOON)).isEqualTo(1);
        assertThat(launched.err().text()).contains("CUDA_ERROR").contains("cryo: ").contains("proxy");
    }

    @Test
    void withOnFailureRestartTheJobComesBackByItself() throws Exception {
        List<String> training = Applications.trainer("--epochs", "30", "--pause-ms", "10");
        Child launched = place.launch(JOB, List.of("--on-failure", "restart"), training);
        TrainerOutput.awaitEpoch(launched, 2, RUN);
        long image = place.checkpoint(JOB).image();

        Signals.send("KILL", place.parts(JOB).proxy());
        launched.err().await("runs again from image " + image, RUN);
        awaitMore(launched);
        image = place.checkpoint(JOB).image();
        Signals.send("KILL", place.parts(JOB).application());
        launched.err().await("runs again from image " + image, RUN);

        assertThat(TrainerOutput.await(launched, RUN).sha256())
                .isEqualTo(ReferenceTrainer.train("--epochs", "30").sha256());
        launched.succeed(SOON);
    }

    /** Waits for the next line of a trainer, which tells that it runs. */
    private static void awaitMore(Child trainer) throws Exception {
        int before = trainer.out().all().size();
        long end = System.nanoTime() + SOON.toNanos();
        while (trainer.out().all().size() == before) {
            assertThat(System.nanoTime()).as(trainer.printed()).isLessThan(end);
            Thread.sleep(10);
        }
    }

    @Test
    void aSupervisorKilledWhilePersistingLeavesTheOlderImageValid() throws Exception {
        Child launched = place.launch(JOB, List.of(), TRAINING);
        TrainerOutput.awaitEpoch(launched, 1, RUN);
        place.checkpoint(JOB);
        TrainerOutput.awaitEpoch(launched, 2, RUN);
        Workplace.Parts parts = place.parts(JOB);
        Thread.ofVirtual().start(() -> {
            try {
                place.checkpoint(JOB);
            } catch (UnexpectedException e) {
                // The connection ends with the supervisor.
                Thread.currentThread().interrupt();
            }
        });
        Path partial = place.job(JOB).resolve("images/2.partial");
        long end = System.nanoTime() + SOON.toNanos();
        while (!isBegun(place.job(JOB).resolve("images/packs"), "2-") && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        Signals.send("KILL", parts.supervisor());

        Signals.awaitEnd(parts.application());
        Signals.awaitEnd(parts.proxy());
        assertThat(place.image(JOB, 2)).doesNotExist();
        Child restarted = place.start("restart", JOB);
        assertWeights(restarted);
        assertThat(restarted.out().texts()).first().asString().startsWith("epoch 2/6");
        assertThat(partial).doesNotExist();
    }

    private static boolean isBegun(Path packs, String image) throws IOException {
        try (Stream<Path> files = Files.list(packs)) {
            return files.anyMatch(file -> file.getFileName().toString().startsWith(image));
        }
    }

    @Test
    void aFullDiskFailsTheCheckpointAndTheApplicationRunsOn() throws Exception {
        Path disk = Files.createTempDirectory("cryo-full-");
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk.toString()), "no tmpfs can be mounted");
        try (Workplace full = Workplace.in(disk.resolve("home"), Places.cryo())) {
            Child launched = full.launch(JOB, List.of(), TRAINING);
            TrainerOutput.awaitEpoch(launched, 2, RUN);

            Child checkpoint = full.run("checkpoint", JOB);

            assertThat(checkpoint.exitCode(SOON)).isNotZero();
            assertThat(checkpoint.err().text()).contains("No space left on device");
            assertThat(full.image(JOB, 1)).doesNotExist();
            assertThat(full.job(JOB).resolve("images/1.partial")).doesNotExist();
            assertWeights(launched);
        } finally {
            run("umount", "-l", disk.toString());
            Files.delete(disk);
        }
    }

    private static boolean run(String... words) throws IOException, InterruptedException {
        return new ProcessBuilder(words).inheritIO().start().waitFor() == 0;
    }
}
