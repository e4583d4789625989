package dev.cryo.benchmarks.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.benchmarks.apps.OverheadLoop;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** What cryo costs an application: in its calls, in its training, at a checkpoint and at a restart. For one thread. */
final class Overhead {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration RUN = Duration.ofSeconds(120);
    private static final Duration END = Duration.ofSeconds(30);
    private static final List<String> PROXY = List.of();
    private static final List<String> INSIDE = List.of("--host", "app", "--in-process", "--no-log");
    private static final List<String> LOOP = Applications.java(OverheadLoop.class);
    private static final String PAUSED = "paused";

    private final Workplace place;
    private final int runs;
    private final int epochs;
    private final Consumer<String> progress;
    private int jobs;

    Overhead(Workplace place, int runs, int epochs, Consumer<String> progress) {
        this.place = place;
        this.runs = runs;
        this.epochs = epochs;
        this.progress = progress;
    }

    /**
     * Nanoseconds of one training: from the end of its first epoch to its end, the second half of its epochs alone, and
     * the whole command.
     */
    private record Training(long trainingNanos, long steadyNanos, long wallNanos) {}

    OverheadResult measure() throws IOException, UnexpectedException, InterruptedException {
        List<String> training = Applications.trainer("--epochs", Integer.toString(epochs));
        List<Training> proxy = new ArrayList<>();
        List<Training> inside = new ArrayList<>();
        List<JsonNode> loops = new ArrayList<>();
        List<JsonNode> loopsInside = new ArrayList<>();
        for (int run = 1; run <= runs; run++) {
            progress.accept("run " + run + " of " + runs);
            proxy.add(training(launch(PROXY, training)));
            inside.add(training(launch(INSIDE, training)));
            loops.add(loop(launch(PROXY, LOOP)));
            loopsInside.add(loop(launch(INSIDE, LOOP)));
        }
        progress.accept("checkpoints and restarts");
        List<CheckpointTaken> taken = new ArrayList<>();
        List<Long> restarts = new ArrayList<>();
        checkpointAndRestart(taken, restarts);
        return new OverheadResult(
                ratio(proxy, inside, Training::wallNanos),
                ratio(proxy, inside, Training::trainingNanos),
                ratio(proxy, inside, Training::steadyNanos),
                median(proxy, Training::trainingNanos) / 1e6,
                median(inside, Training::trainingNanos) / 1e6,
                median(loops, "queued_call_ns"),
                median(loops, "blocking_call_us"),
                median(loopsInside, "queued_call_ns"),
                median(loopsInside, "blocking_call_us"),
                Median.of(taken.stream().map(CheckpointTaken::pauseNanos).toList()) / 1e6,
                Median.of(restarts) / 1e6,
                (long) Median.of(taken.stream().map(CheckpointTaken::bytes).toList()),
                runs,
                epochs);
    }

    private Training training(Child child) throws UnexpectedException, InterruptedException {
        long first = TrainerOutput.awaitEpoch(child, 1, RUN).nanos();
        long half = TrainerOutput.awaitEpoch(child, epochs / 2, RUN).nanos();
        long last = TrainerOutput.awaitEpoch(child, epochs, RUN).nanos();
        TrainerOutput.Result result = TrainerOutput.await(child, RUN);
        child.succeed(END);
        return new Training(
                result.endNanos() - first, last - half, System.nanoTime() - child.startedNanos());
    }

    private static JsonNode loop(Child child) throws IOException, UnexpectedException, InterruptedException {
        return JSON.readTree(child.succeed(RUN).out().texts().getLast());
    }

    private Child launch(List<String> options, List<String> application) throws IOException {
        return place.launch("overhead-" + ++jobs, options, application);
    }

    /** As many checkpoints of one training as there are runs, then as many restarts from the last image. */
    private void checkpointAndRestart(List<CheckpointTaken> taken, List<Long> restarts)
            throws IOException, UnexpectedException, InterruptedException {
        Child trainer = place.launch(PAUSED, List.of(), Applications.trainer("--epochs", "1000000"));
        TrainerOutput.awaitEpoch(trainer, 5, RUN);
        for (int run = 0; run < runs; run++) {
            taken.add(place.checkpoint(PAUSED));
        }
        for (int run = 0; run < runs; run++) {
            place.kill(PAUSED);
            trainer.exitCode(END);
            trainer = place.start("restart", PAUSED);
            restarts.add(place.awaitRunning(PAUSED, trainer, RUN) - trainer.startedNanos());
        }
    }

    private static double ratio(List<Training> proxy, List<Training> inside, Function<Training, Long> time) {
        return median(proxy, time) / median(inside, time);
    }

    private static double median(List<Training> trainings, Function<Training, Long> time) {
        return Median.of(trainings.stream().map(time).toList());
    }

    private static double median(List<JsonNode> loops, String field) {
        return Median.of(loops.stream().map(loop -> loop.path(field).asDouble(Double.NaN)).toList());
    }
}
