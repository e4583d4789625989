package dev.cryo.benchmarks.trainer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.crac.CheckpointException;
import org.crac.Core;
import org.crac.RestoreException;

/**
 * A short training that has itself saved, waits to be killed, is brought back and has itself saved again: whoever
 * watches it sees all that JVMs of cryo do.
 */
public final class StartTraining {
    private static final int EPOCHS = 20;
    private static final int LIFE_MILLIS = 60_000;

    private StartTraining() {}

    /** Trains; where a file does not exist it makes it and waits to be killed. */
    public static void main(String[] args)
            throws IOException, InterruptedException, CheckpointException, RestoreException {
        Path saved = Path.of(args[0]);
        try (Cuda cuda = new DriverCuda();
                var training = new Training(cuda, TrainerOptions.parse(new String[0]), Digits.load())) {
            train(training);
            Core.checkpointRestore();
            Core.checkpointRestore(); // The first image is complete when the second is begun.
            if (!Files.exists(saved)) {
                Files.createFile(saved);
                Thread.sleep(LIFE_MILLIS);
            }
            train(training);
            Core.checkpointRestore();
        }
    }

    private static void train(Training training) throws InterruptedException {
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            System.out.println(training.epoch());
        }
    }
}
