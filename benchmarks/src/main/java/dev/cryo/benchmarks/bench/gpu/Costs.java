package dev.cryo.benchmarks.bench.gpu;

import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Size;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** What measurements took at one size, from which what they would take at a larger one is told. */
final class Costs {
    private final Map<String, Cost> costs = new HashMap<>();

    private record Cost(Size size, double amount) {
        double at(Size other) {
            return amount * other.mib() / size.mib();
        }
    }

    /** Remembers how long something took. */
    void put(String what, Size size, long nanos) {
        costs.put(what, new Cost(size, nanos));
    }

    void putNaiveMillis(Size size, double millis) {
        costs.put("naive millis", new Cost(size, millis));
    }

    /** By the size before; empty if there was none. */
    OptionalDouble naiveMillis(Size size) {
        Cost cost = costs.get("naive millis");
        return cost == null ? OptionalDouble.empty() : OptionalDouble.of(cost.at(size));
    }

    /**
     * Why there is no time for something; empty if there is. Most of what a measurement takes at a small size is the
     * start of JVMs, so that a time in proportion to the size is one that it will not take: it is let begin with half.
     */
    Optional<String> lack(String what, Size size, Budget budget) {
        Cost cost = costs.get(what);
        Duration expected = Duration.ofNanos(cost == null ? 0 : (long) (cost.at(size) / 2));
        if (budget.left().isZero() || !budget.allows(expected)) {
            return Optional.of(String.format(
                    Locale.ROOT, "no time: %.0f s are left, and it may take %.0f s",
                    budget.left().toMillis() / 1e3, expected.toMillis() / 1e3));
        }
        return Optional.empty();
    }
}
