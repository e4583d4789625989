package dev.cryo.benchmarks.demo;

import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.proxy.supervisor.JobSettings.Device;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Trains twice, once left alone and once killed in the middle. For one use, by one thread. */
final class Demonstration {
    private static final Duration TRAINING = Duration.ofSeconds(120);
    private static final Duration END = Duration.ofSeconds(30);
    private static final Duration RESTART = Duration.ofSeconds(60);
    /** After each batch, so that a fast machine has not ended the training before the image is complete. */
    private static final String PAUSE_MILLIS = "4";

    private static final String ALONE = "undisturbed";
    private static final String KILLED = "killed";

    private final Workplace place;
    private final Progress progress;
    private final List<String> options;
    private final int epochs;
    private final List<String> training;

    Demonstration(Workplace place, Progress progress, Device device, int epochs) {
        this.place = place;
        this.progress = progress;
        options = List.of("--device", device.name().toLowerCase(Locale.ROOT));
        this.epochs = epochs;
        training = Applications.trainer("--epochs", Integer.toString(epochs), "--pause-ms", PAUSE_MILLIS);
    }

    DemoResult run() throws IOException, UnexpectedException, InterruptedException {
        TrainerOutput.Result alone = leftAlone();
        Child launched = started(KILLED, "2. The same training again, with a checkpoint in the middle ...");
        TrainerOutput.awaitEpoch(launched, 1, TRAINING);
        // Asked for early: a command takes as long as several epochs.
        Workplace.Parts parts = place.parts(KILLED);
        TrainerOutput.awaitEpoch(launched, epochs / 2, TRAINING);
        CheckpointTaken taken = place.checkpoint(KILLED);
        progress.note(String.format(
                Locale.ROOT, "checkpoint: image %d, the application stood still for %.0f ms", taken.image(),
                taken.pauseNanos() / 1e6));
        TrainerOutput.awaitEpoch(launched, Math.min(epochs - 1, lastEpoch(launched) + 1), TRAINING);
        kill(launched, parts);
        progress.stage("3. Restart from the image ...");
        Child restarted = place.start("restart", KILLED);
        show(restarted);
        long restartNanos = place.awaitRunning(KILLED, restarted, RESTART) - restarted.startedNanos();
        TrainerOutput.Result result = TrainerOutput.await(restarted, TRAINING);
        restarted.succeed(END);
        progress.endLine();
        return new DemoResult(alone, result, taken.pauseNanos(), taken.bytes(), restartNanos);
    }

    private TrainerOutput.Result leftAlone() throws IOException, UnexpectedException, InterruptedException {
        Child launched = started(ALONE, "1. A training of " + epochs + " epochs, left alone ...");
        TrainerOutput.Result result = TrainerOutput.await(launched, TRAINING);
        launched.succeed(END);
        return result;
    }

    private Child started(String job, String what) throws IOException {
        progress.stage(what);
        Child launched = place.launch(job, options, training);
        show(launched);
        return launched;
    }

    private void show(Child trainer) {
        trainer.out().tell(line -> {
            int epoch = TrainerOutput.epoch(line);
            if (epoch > 0) {
                progress.at(epoch, epochs);
            }
        });
    }

    private static int lastEpoch(Child trainer) {
        return trainer.out().texts().stream().mapToInt(TrainerOutput::epoch).max().orElse(0);
    }

    private void kill(Child launched, Workplace.Parts parts) throws UnexpectedException, InterruptedException {
        progress.note("kill -9 of the application (process " + parts.application() + ") and of its proxy (process "
                + parts.proxy() + ")");
        place.kill(parts);
        if (launched.exitCode(END) == 0) {
            throw new UnexpectedException("cryo launch ended with 0 though its application was killed; "
                    + launched.printed());
        }
    }
}
