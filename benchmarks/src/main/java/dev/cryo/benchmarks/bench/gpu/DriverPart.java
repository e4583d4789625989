package dev.cryo.benchmarks.bench.gpu;

import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Figures;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.UnexpectedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The engine that uses the driver's own checkpoints: on the trainer, beside cryo's own engine, and on a training in
 * PyTorch. Each is killed half-way and restarted, and has to end with the weights of a training that was left be.
 */
final class DriverPart implements Part {
    private static final Duration RUN = Duration.ofSeconds(90);
    private static final String ENGINE = "--engine";
    private static final List<String> DRIVER = List.of(ENGINE, "driver");
    private static final String SCRIPT = "torch_train.py";

    /** Long enough for a checkpoint and a kill in the middle; pauses change no result. */
    private static final String EPOCHS = "100";

    private final Starter starter;

    DriverPart(Starter starter) {
        this.starter = starter;
    }

    /** Something that may be skipped or fail without the others. */
    private interface Step {
        void run() throws SkippedException, IOException, UnexpectedException, InterruptedException;
    }

    @Override
    public void measure(Figures figures, Budget budget) throws IOException, InterruptedException {
        attempt("own_trainer", figures, () -> own(figures, budget));
        attempt("driver_trainer", figures, () -> trainer(figures, budget));
        attempt("driver_torch", figures, () -> torch(figures, budget));
    }

    private static void attempt(String name, Figures figures, Step step) throws IOException, InterruptedException {
        try {
            step.run();
        } catch (SkippedException e) {
            figures.skipped(name, String.valueOf(e.getMessage()));
        } catch (UnexpectedException e) {
            figures.failed(name, e);
        }
    }

    private void own(Figures figures, Budget budget)
            throws SkippedException, IOException, UnexpectedException, InterruptedException {
        Optional<String> anew = starter.setup().restartsAnew();
        if (anew.isPresent()) {
            throw new SkippedException(anew.get());
        }
        List<String> options = new ArrayList<>(List.of("--device", starter.setup().device()));
        options.addAll(starter.saving());
        new KilledTraining(starter, "own_trainer", budget, figures)
                .measure(trainerAlone(budget), options, Applications.trainer(paused("5")));
    }

    private void trainer(Figures figures, Budget budget)
            throws SkippedException, IOException, UnexpectedException, InterruptedException {
        requireEngine();
        if (starter.setup().natives() == null) {
            throw new SkippedException("the property cryo.jcuda.natives does not name the folder of JCuda's natives");
        }
        new KilledTraining(starter, "driver_trainer", budget, figures)
                .measure(trainerAlone(budget), DRIVER, starter.plainCommand(Applications.trainer(paused("5"))));
    }

    private Child trainerAlone(Budget budget) throws IOException, UnexpectedException, InterruptedException {
        Way way = starter.setup().hasPlain() ? Way.PLAIN : Way.IN_PROCESS;
        return starter.start(way, Applications.trainer("--epochs", EPOCHS)).succeed(budget.limit(RUN));
    }

    private void torch(Figures figures, Budget budget)
            throws SkippedException, IOException, UnexpectedException, InterruptedException {
        requireEngine();
        figures.put("torch", torchVersion(budget));
        Path script = script();
        Child alone = starter.place()
                .program("torch_train", training(script, "--epochs", EPOCHS))
                .succeed(budget.limit(RUN));
        new KilledTraining(starter, "driver_torch", budget, figures)
                .measure(alone, DRIVER, training(script, paused("100")));
    }

    private void requireEngine() throws SkippedException {
        if (!starter.setup().launchOptions().contains(ENGINE)) {
            throw new SkippedException("cryo launch does not know " + ENGINE);
        }
    }

    private static String[] paused(String millis) {
        return new String[] {"--epochs", EPOCHS, "--pause-ms", millis};
    }

    private List<String> training(Path script, String... arguments) {
        List<String> words = new ArrayList<>(List.of(starter.setup().python(), script.toString()));
        words.addAll(List.of(arguments));
        return words;
    }

    /** Which torch there is, with which CUDA. */
    private String torchVersion(Budget budget) throws SkippedException, UnexpectedException, InterruptedException {
        String question = "import torch; print(torch.__version__, torch.version.cuda, torch.cuda.is_available())";
        Child python;
        try {
            python = starter.place().program("python", List.of(starter.setup().python(), "-c", question));
        } catch (IOException e) {
            throw new SkippedException(starter.setup().python() + " cannot be run: " + e.getMessage());
        }
        if (python.exitCode(budget.limit(RUN)) != 0) {
            List<String> why = python.err().texts();
            throw new SkippedException(
                    starter.setup().python() + " has no torch: " + (why.isEmpty() ? "" : why.getLast()));
        }
        String answer = python.out().texts().getLast();
        if (!answer.endsWith("True")) {
            throw new SkippedException("torch finds no CUDA device: " + answer);
        }
        return answer;
    }

    private Path script() throws IOException {
        Path script = starter.place().home().resolve(SCRIPT);
        try (@Nullable InputStream in = DriverPart.class.getResourceAsStream(SCRIPT)) {
            if (in == null) {
                throw new IOException("resource " + SCRIPT + " is missing beside " + DriverPart.class.getName());
            }
            Files.copy(in, script);
        }
        return script;
    }
}
