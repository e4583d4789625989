package dev.cryo.benchmarks.demo;

import dev.cryo.benchmarks.job.TrainerOutput;
import java.util.List;
import java.util.Locale;

/**
 * What the demonstration found.
 *
 * @param undisturbed the training that was left alone
 * @param restarted the training that was killed and restarted
 * @param pauseNanos how long the application stood still for its checkpoint
 * @param imageBytes size of the image on disk
 * @param restartNanos from the command to the running application
 */
record DemoResult(
        TrainerOutput.Result undisturbed,
        TrainerOutput.Result restarted,
        long pauseNanos,
        long imageBytes,
        long restartNanos) {

    boolean equal() {
        return undisturbed.sha256().equals(restarted.sha256())
                && undisturbed.accuracy().equals(restarted.accuracy());
    }

    /** The table, without a line end. */
    String table() {
        String line = "+----------+------------+------------------------------------------------------------------+";
        return String.join(
                "\n",
                List.of(
                        line,
                        row("run", "accuracy", "SHA-256 of the weights"),
                        line,
                        row("left be", undisturbed.accuracy() + " %", undisturbed.sha256()),
                        row("killed", restarted.accuracy() + " %", restarted.sha256()),
                        line,
                        row("pause", millis(pauseNanos), "the application stood still for its checkpoint"),
                        row("image", mebibytes(imageBytes), "on disk"),
                        row("restart", millis(restartNanos), "from the command to the running application"),
                        line));
    }

    private static String row(String what, String value, String more) {
        return String.format(Locale.ROOT, "| %-8s | %10s | %-64s |", what, value, more);
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%d ms", Math.round(nanos / 1e6));
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
    }
}
