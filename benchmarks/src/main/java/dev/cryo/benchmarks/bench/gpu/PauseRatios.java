package dev.cryo.benchmarks.bench.gpu;

import dev.cryo.benchmarks.bench.measure.Figures;
import dev.cryo.benchmarks.bench.measure.Size;
import java.util.List;
import java.util.OptionalDouble;

/** How many times as long as cryo's pause a naive checkpoint takes. */
final class PauseRatios {
    private PauseRatios() {}

    /**
     * Puts the ratio of each method that was measured, and that of the method with the shortest pause. Where the naive
     * checkpoint was extrapolated, the names say so.
     *
     * @param incomplete the method that does not save all of the application, so that it is not the best one
     */
    static void put(Figures figures, Size size, List<String> methods, String incomplete) {
        String at = size.label();
        OptionalDouble measured = figures.number("naive_" + at + "_ms");
        OptionalDouble naive = measured.isPresent() ? measured : figures.number("naive_" + at + "_extrapolated_ms");
        if (naive.isEmpty()) {
            return;
        }
        String name = "pause_ratio_" + at;
        String suffix = measured.isPresent() ? "" : "_extrapolated";
        double best = 0;
        for (String method : methods) {
            OptionalDouble pause = figures.number("pause_" + at + "_" + method + "_ms");
            if (pause.isPresent()) {
                double ratio = naive.getAsDouble() / pause.getAsDouble();
                figures.put(name + "_" + method + suffix, ratio, 2);
                best = method.equals(incomplete) ? best : Math.max(best, ratio);
            }
        }
        if (best > 0) {
            figures.put(name + suffix, best, 2);
        }
    }
}
