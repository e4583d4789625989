package dev.cryo.benchmarks.job;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the trainer prints, read from its lines. */
public final class TrainerOutput {
    private static final Pattern EPOCH = Pattern.compile("epoch (\\d+)/\\d+ loss .*");
    private static final Pattern ACCURACY = Pattern.compile("accuracy ([0-9.]+) %");
    private static final Pattern WEIGHTS = Pattern.compile("weights sha256 ([0-9a-f]{64})");

    private TrainerOutput() {}

    /**
     * What a training gave.
     *
     * @param accuracy on the test images, in percent, as printed
     * @param sha256 of the weights
     * @param endNanos when the last line came, by {@link System#nanoTime}
     */
    public record Result(String accuracy, String sha256, long endNanos) {}

    /** The epoch that a line tells the end of; 0 if it is another line. */
    public static int epoch(String line) {
        Matcher epoch = EPOCH.matcher(line);
        return epoch.matches() ? Integer.parseInt(epoch.group(1)) : 0;
    }

    /** Waits for the end of an epoch. */
    public static Lines.Line awaitEpoch(Child trainer, int epoch, Duration limit)
            throws UnexpectedException, InterruptedException {
        return await(trainer, line -> epoch(line) == epoch, "the end of epoch " + epoch, limit);
    }

    /** Waits for the result. */
    public static Result await(Child trainer, Duration limit) throws UnexpectedException, InterruptedException {
        Lines.Line weights = await(trainer, line -> WEIGHTS.matcher(line).matches(), "the weights", limit);
        Lines.Line accuracy = await(trainer, line -> ACCURACY.matcher(line).matches(), "the accuracy", limit);
        return new Result(group(ACCURACY, accuracy.text()), group(WEIGHTS, weights.text()), weights.nanos());
    }

    private static Lines.Line await(
            Child trainer, java.util.function.Predicate<String> wanted, String what, Duration limit)
            throws UnexpectedException, InterruptedException {
        try {
            return trainer.out().await(wanted, what, limit);
        } catch (UnexpectedException e) {
            throw new UnexpectedException("no " + what + " of the trainer; " + trainer.printed(), e);
        }
    }

    private static String group(Pattern pattern, String line) {
        Matcher matcher = pattern.matcher(line);
        if (!matcher.matches()) {
            throw new IllegalStateException(line);
        }
        return matcher.group(1);
    }
}
