package dev.cryo.benchmarks.trainer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Trains a two-layer perceptron on the UCI handwritten digits with CUDA, prints one line an epoch with the mean loss,
 * and at the end the accuracy on the test images and the SHA-256 of the weights, which depends on the options alone.
 *
 * <p>Exits with 0 when trained, 2 when the command line is wrong, and 1 with a stack trace when a CUDA call fails.
 */
public final class DigitsTrainer {
    private DigitsTrainer() {}

    /** Runs the training job; {@code --epochs}, {@code --hidden}, {@code --batch} and others as the usage says. */
    public static void main(String[] args) throws IOException, InterruptedException {
        TrainerOptions options;
        try {
            options = TrainerOptions.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.println(TrainerOptions.USAGE);
            System.exit(2);
            return;
        }
        try (@Nullable FileChannel csv = open(options);
                Cuda cuda = options.runtime() ? new RuntimeCuda() : new DriverCuda();
                var training = new Training(cuda, options, Digits.load())) {
            run(training, options, csv);
        }
    }

    private static void run(Training training, TrainerOptions options, @Nullable FileChannel csv)
            throws IOException, InterruptedException {
        for (int epoch = 1; epoch <= options.epochs(); epoch++) {
            float loss = training.epoch();
            say("epoch %d/%d loss %.6f", epoch, options.epochs(), loss);
            if (csv != null) {
                csv.write(ByteBuffer.wrap((epoch + "," + loss + "\n").getBytes(StandardCharsets.US_ASCII)));
            }
        }
        say("accuracy %.2f %%", training.accuracy());
        say("weights sha256 %s", Layout.sha256(training.weights()));
    }

    private static @Nullable FileChannel open(TrainerOptions options) throws IOException {
        if (options.csv() == null) {
            return null;
        }
        return FileChannel.open(options.csv(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static void say(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
        System.out.flush();
    }
}
