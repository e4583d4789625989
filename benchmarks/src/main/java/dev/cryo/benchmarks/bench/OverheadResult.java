package dev.cryo.benchmarks.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/**
 * What {@code cryo bench overhead} measured; medians.
 *
 * @param proxyRatio wall time of the whole command through the proxy over that with the device in the application's
 *     JVM and no log
 * @param trainingRatio the same of the time from the end of the first epoch to the weights, without the start of JVMs
 * @param steadyRatio the same of the second half of the epochs, when both JVMs have compiled what they run
 * @param proxyMillis the training time through the proxy
 * @param insideMillis the training time with the device in the application's JVM
 * @param queuedNanos nanoseconds of a queued call at its caller, through the proxy
 * @param blockingMicros microseconds of a blocking call at its caller, through the proxy
 * @param queuedInsideNanos the same without a proxy
 * @param blockingInsideMicros the same without a proxy
 * @param pauseMillis how long the trainer stands still at a checkpoint
 * @param restartMillis from the command to the running trainer
 * @param imageBytes size of the trainer's image on disk
 * @param runs how many runs each median is of
 * @param epochs of each training
 */
record OverheadResult(
        double proxyRatio,
        double trainingRatio,
        double steadyRatio,
        double proxyMillis,
        double insideMillis,
        double queuedNanos,
        double blockingMicros,
        double queuedInsideNanos,
        double blockingInsideMicros,
        double pauseMillis,
        double restartMillis,
        long imageBytes,
        int runs,
        int epochs) {

    /** One line. */
    String json() {
        ObjectNode json = new ObjectMapper().createObjectNode();
        json.put("proxy_ratio", rounded(proxyRatio, 4));
        json.put("queued_call_ns", rounded(queuedNanos, 1));
        json.put("blocking_call_us", rounded(blockingMicros, 3));
        json.put("pause_ms", rounded(pauseMillis, 1));
        json.put("restart_ms", rounded(restartMillis, 1));
        json.put("image_bytes", imageBytes);
        json.put("training_ratio", rounded(trainingRatio, 4));
        json.put("training_ratio_of", "the time from the end of the first epoch to the weights");
        json.put("steady_ratio", rounded(steadyRatio, 4));
        json.put("steady_ratio_of", "the second half of the epochs");
        json.put("training_ms", rounded(proxyMillis, 1));
        json.put("training_in_process_ms", rounded(insideMillis, 1));
        json.put("queued_call_in_process_ns", rounded(queuedInsideNanos, 1));
        json.put("blocking_call_in_process_us", rounded(blockingInsideMicros, 3));
        json.put("runs", runs);
        json.put("epochs", epochs);
        json.put("processors", Runtime.getRuntime().availableProcessors());
        return json.toString();
    }

    String text() {
        return String.format(
                Locale.ROOT,
                """
                training     %8.0f ms   in process and without a log %.0f ms
                ratio        %8.3f      of whole commands; %.3f from the first epoch on, %.3f of the second half
                queued call  %8.0f ns   in process %.0f ns
                blocking call %7.1f us   in process %.1f us
                pause        %8.0f ms   of the trainer, for a checkpoint
                restart      %8.0f ms   from the command to the running trainer
                image        %8.1f MiB
                medians of %d runs""",
                proxyMillis, insideMillis, proxyRatio, trainingRatio, steadyRatio, queuedNanos, queuedInsideNanos,
                blockingMicros, blockingInsideMicros, pauseMillis, restartMillis, imageBytes / (double) (1 << 20),
                runs);
    }

    private static double rounded(double value, int digits) {
        double scale = Math.pow(10, digits);
        return Math.round(value * scale) / scale;
    }
}
