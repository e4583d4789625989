package dev.cryo.benchmarks.bench.gpu;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The parts by name, in the order they run, and what share of the time each gets. */
enum PartName {
    /** Three applications without cryo and under it. */
    OVERHEAD(5),
    /** How long an application stands still. */
    PAUSE(4),
    /** Checkpoints and restarts against what the machine can do. */
    THROUGHPUT(1.5),
    /** A second checkpoint after few changes. */
    INCREMENTAL(1),
    /** The engine that uses the driver's own checkpoints. */
    DRIVER(2);

    private final double weight;

    PartName(double weight) {
        this.weight = weight;
    }

    double weight() {
        return weight;
    }

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads names between commas, or their letters: a is the first. All for an empty text.
     *
     * @throws IllegalArgumentException naming what is no part
     */
    static Set<PartName> parse(String text) {
        Set<PartName> chosen = EnumSet.noneOf(PartName.class);
        for (String word : text.split(",")) {
            if (!word.isBlank()) {
                chosen.add(one(word.strip().toLowerCase(Locale.ROOT)));
            }
        }
        return chosen.isEmpty() ? EnumSet.allOf(PartName.class) : chosen;
    }

    private static PartName one(String word) {
        for (PartName each : values()) {
            if (word.equals(each.key()) || word.equals(String.valueOf((char) ('a' + each.ordinal())))) {
                return each;
            }
        }
        throw new IllegalArgumentException(word + " is no part; there are a (overhead), b (pause), c (throughput),"
                + " d (incremental), e (driver)");
    }
}
