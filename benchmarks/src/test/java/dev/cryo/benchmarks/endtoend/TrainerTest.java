package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.benchmarks.trainer.ReferenceTrainer;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The main job: a training that is killed ends with the weights of one that is not. */
@NeedsCriu
class TrainerTest extends InWorkplace {
    private static final String JOB = "training";
    private static final String[] OPTIONS = {"--epochs", "6"};
    // As long as it takes for a checkpoint at any moment; its results are those without pauses.
    private static final List<String> TRAINING = Applications.trainer("--epochs", "6", "--pause-ms", "30");
    private static final long ORDINARY_MILLIS = 60_000;
    private static final int SOAK_MOMENTS = 20;

    @Test
    void anyMomentIsAsGoodAsAnyOther() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        long end = System.nanoTime() + ORDINARY_MILLIS * 1_000_000;
        int moments = 0;
        for (; moments < 3 || (System.nanoTime() < end && moments < SOAK_MOMENTS); moments++) {
            killAndRestartAtRandom("moment-" + moments, random);
        }
        System.out.println(moments + " moments");
    }

    @Test
    @Tag("soak")
    void twentyMomentsAreAsGoodAsAnyOther() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int moment = 0; moment < SOAK_MOMENTS; moment++) {
            killAndRestartAtRandom("moment-" + moment, random);
        }
    }

    private void killAndRestartAtRandom(String job, Random random) throws Exception {
        Child launched = place.launch(job, List.of(), TRAINING);
        place.awaitRunning(job, launched, SOON);
        // Asked for early: it takes as long as an epoch, and the training may end meanwhile.
        Workplace.Parts parts = place.parts(job);
        int epoch = random.nextInt(4);
        if (epoch > 0) {
            TrainerOutput.awaitEpoch(launched, epoch, RUN);
        }
        Thread.sleep(random.nextInt(400));
        CheckpointTaken taken = place.checkpoint(job);
        Thread.sleep(random.nextInt(200));
        place.kill(parts);
        assertThat(launched.exitCode(SOON)).isNotZero();
        Child restarted = place.start("restart", job);
        assertResult(restarted);
        System.out.println(job + ": image " + taken.image() + " after " + launched.out().texts());
    }

    private static void assertResult(Child trainer) throws Exception {
        TrainerOutput.Result result = TrainerOutput.await(trainer, RUN);
        trainer.succeed(SOON);
        ReferenceTrainer.Result expected = ReferenceTrainer.train(OPTIONS);
        assertThat(result.sha256()).isEqualTo(expected.sha256());
        assertThat(Double.parseDouble(result.accuracy())).isCloseTo(
                expected.accuracy(), org.assertj.core.data.Offset.offset(0.006));
    }

    @Test
    void threeCyclesInOneRunAndOneImageTwice() throws Exception {
        Child running = place.launch(JOB, List.of(), TRAINING);
        for (int cycle = 1; cycle <= 3; cycle++) {
            TrainerOutput.awaitEpoch(running, cycle, RUN);
            assertThat(place.checkpoint(JOB).image()).isEqualTo(cycle);
            place.kill(JOB);
            assertThat(running.exitCode(SOON)).isNotZero();
            running = place.start("restart", JOB);
        }
        assertResult(running);

        Child older = place.start("restart", JOB + "@2");
        TrainerOutput.awaitEpoch(older, 4, RUN);
        place.kill(JOB);
        assertThat(older.exitCode(SOON)).isNotZero();
        assertResult(place.start("restart", JOB + "@2"));
    }

    @Test
    void whatRunsWithoutACheckpointIsWhatPlainJavaComputes() throws Exception {
        Child launched = place.launch(JOB, List.of(), Applications.trainer("--epochs", "6", "--runtime"));
        assertResult(launched);
        assertThat(launched.out().texts()).hasSize(8).first().asString().startsWith("epoch 1/6 loss ");
    }
}
