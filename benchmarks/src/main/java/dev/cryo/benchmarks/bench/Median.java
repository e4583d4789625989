package dev.cryo.benchmarks.bench;

import java.util.Arrays;
import java.util.Collection;

/** The median of measured values. */
public final class Median {
    private Median() {}

    /** The middle value, or the mean of the two in the middle. */
    public static double of(Collection<? extends Number> values) {
        double[] sorted = values.stream().mapToDouble(Number::doubleValue).toArray();
        if (sorted.length == 0) {
            throw new IllegalArgumentException("no values");
        }
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
