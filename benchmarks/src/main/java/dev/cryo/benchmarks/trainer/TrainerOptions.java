package dev.cryo.benchmarks.trainer;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the command line chose.
 *
 * @param epochs passes over the training images
 * @param hidden neurons of the hidden layer
 * @param batch images in a mini-batch; the last of an epoch may be smaller
 * @param seed of the initial weights and of the order of the images
 * @param runtime whether memory, streams and events go through the CUDA runtime API instead of the driver API
 * @param pauseMs milliseconds to sleep after each batch
 * @param csv file to append the loss of each epoch to
 */
record TrainerOptions(
        int epochs, int hidden, int batch, long seed, boolean runtime, long pauseMs, @Nullable Path csv) {
    static final TrainerOptions DEFAULTS = new TrainerOptions(40, 128, 64, 1, false, 0, null);

    static final String USAGE = """
            usage: DigitsTrainer [--epochs N] [--hidden N] [--batch N] [--seed N] [--runtime]
                                 [--pause-ms N] [--csv FILE]
            """.strip();

    TrainerOptions {
        require(epochs >= 0, "--epochs must be 0 or more");
        require(hidden >= 1 && hidden <= 4096, "--hidden must be 1 to 4096");
        require(batch >= 1 && batch <= 4096, "--batch must be 1 to 4096");
        require(pauseMs >= 0, "--pause-ms must be 0 or more");
    }

    /**
     * Reads a command line.
     *
     * @throws IllegalArgumentException saying which argument is wrong
     */
    static TrainerOptions parse(String... args) {
        TrainerOptions options = DEFAULTS;
        for (int i = 0; i < args.length; i++) {
            String name = args[i];
            if (name.equals("--runtime")) {
                options = options.with(name, "");
            } else {
                require(i + 1 < args.length, name + " is unknown or lacks its value");
                options = options.with(name, args[++i]);
            }
        }
        return options;
    }

    private TrainerOptions with(String name, String value) {
        try {
            return switch (name) {
                case "--epochs" ->
                    new TrainerOptions(Integer.parseInt(value), hidden, batch, seed, runtime, pauseMs, csv);
                case "--hidden" ->
                    new TrainerOptions(epochs, Integer.parseInt(value), batch, seed, runtime, pauseMs, csv);
                case "--batch" ->
                    new TrainerOptions(epochs, hidden, Integer.parseInt(value), seed, runtime, pauseMs, csv);
                case "--seed" ->
                    new TrainerOptions(epochs, hidden, batch, Long.parseLong(value), runtime, pauseMs, csv);
                case "--runtime" -> new TrainerOptions(epochs, hidden, batch, seed, true, pauseMs, csv);
                case "--pause-ms" ->
                    new TrainerOptions(epochs, hidden, batch, seed, runtime, Long.parseLong(value), csv);
                case "--csv" -> new TrainerOptions(epochs, hidden, batch, seed, runtime, pauseMs, Path.of(value));
                default -> throw new IllegalArgumentException(name + " is unknown");
            };
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " takes a number, not " + value, e);
        }
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
