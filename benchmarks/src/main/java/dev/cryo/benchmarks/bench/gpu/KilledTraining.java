package dev.cryo.benchmarks.bench.gpu;

import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Figures;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** A training that is checkpointed, killed and restarted, and what that takes. */
final class KilledTraining {
    private static final Duration RUN = Duration.ofSeconds(90);
    private static final Duration END = Duration.ofSeconds(20);
    private static final int EPOCH = 10;

    private final Starter starter;
    private final String prefix;
    private final Budget budget;
    private final Figures figures;

    KilledTraining(Starter starter, String prefix, Budget budget, Figures figures) {
        this.starter = starter;
        this.prefix = prefix;
        this.budget = budget;
        this.figures = figures;
    }

    /**
     * Measures one, and compares its weights with those of one that was left be.
     *
     * @param leftBe has ended
     * @param options of {@code launch}
     */
    void measure(Child leftBe, List<String> options, List<String> training)
            throws IOException, UnexpectedException, InterruptedException {
        String expected = TrainerOutput.await(leftBe, END).sha256();
        Workplace place = starter.place();
        String job = starter.newName();
        Child child = place.launch(job, options, training);
        try {
            Child restarted = killAndRestart(job, child);
            try {
                compare(restarted, expected);
            } finally {
                place.end(restarted);
            }
        } finally {
            place.end(child);
        }
    }

    private Child killAndRestart(String job, Child child)
            throws IOException, UnexpectedException, InterruptedException {
        Workplace place = starter.place();
        TrainerOutput.awaitEpoch(child, EPOCH, budget.limit(RUN));
        Workplace.Parts parts = place.parts(job);
        CheckpointTaken taken = place.checkpoint(job, child, budget.limit(RUN));
        figures.put(prefix + "_pause_ms", taken.pauseNanos() / 1e6, 1);
        figures.put(prefix + "_committed_ms", taken.totalNanos() / 1e6, 1);
        figures.put(prefix + "_image_bytes", taken.bytes());
        place.kill(parts);
        child.exitCode(END);
        Child restarted = place.start("restart", job);
        long running = place.awaitRunning(job, restarted, budget.limit(RUN));
        figures.put(prefix + "_restart_ms", (running - restarted.startedNanos()) / 1e6, 1);
        return restarted;
    }

    private void compare(Child restarted, String expected) throws UnexpectedException, InterruptedException {
        String actual = TrainerOutput.await(restarted, budget.limit(RUN)).sha256();
        figures.put(prefix + "_equal", actual.equals(expected));
        restarted.succeed(END);
        if (!actual.equals(expected)) {
            throw new UnexpectedException("the weights are " + actual + ", expected " + expected);
        }
    }
}
