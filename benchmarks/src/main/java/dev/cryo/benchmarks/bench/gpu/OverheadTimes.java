package dev.cryo.benchmarks.bench.gpu;

import dev.cryo.benchmarks.bench.Median;
import dev.cryo.benchmarks.bench.measure.Figures;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The runs of one application, and what they come to. */
final class OverheadTimes {
    private final Map<Way, List<Run>> runs = new EnumMap<>(Way.class);

    /**
     * One run.
     *
     * @param steadyNanos of the application's work, by its own clock or its lines, without start and warm-up
     * @param wallNanos of the whole command
     * @param result what it computed, which every run has to; empty if the application compares it itself
     */
    record Run(long steadyNanos, long wallNanos, String result) {}

    void add(Way way, Run run) {
        runs.computeIfAbsent(way, any -> new ArrayList<>()).add(run);
    }

    boolean any() {
        return !runs.isEmpty();
    }

    boolean has(Way way) {
        return runs.containsKey(way);
    }

    /** The median. */
    double steadyNanos(Way way) {
        return median(way, Run::steadyNanos);
    }

    private double median(Way way, Function<Run, Long> time) {
        return Median.of(runs.getOrDefault(way, List.of()).stream().map(time).toList());
    }

    /** Puts the medians, their ratios to those without cryo, and whether all runs computed the same. */
    void putInto(Figures figures, String prefix) {
        for (Way way : runs.keySet()) {
            String name = prefix + "_" + way.key();
            figures.put(name + "_ms", steadyNanos(way) / 1e6, 1);
            figures.put(name + "_wall_ms", median(way, Run::wallNanos) / 1e6, 1);
            if (way != Way.PLAIN && has(Way.PLAIN)) {
                figures.put(name + "_ratio", steadyNanos(way) / steadyNanos(Way.PLAIN), 4);
                figures.put(
                        name + "_wall_ratio",
                        median(way, Run::wallNanos) / median(Way.PLAIN, Run::wallNanos),
                        4);
            }
        }
        Set<String> results = runs.values().stream()
                .flatMap(List::stream)
                .map(Run::result)
                .filter(result -> !result.isEmpty())
                .collect(Collectors.toSet());
        if (!results.isEmpty()) {
            figures.put(prefix + "_results_equal", results.size() == 1);
        }
        figures.put(prefix + "_runs", runs.values().stream().mapToInt(List::size).min().orElse(0));
    }
}
