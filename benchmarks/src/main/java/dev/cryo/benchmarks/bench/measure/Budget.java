package dev.cryo.benchmarks.bench.measure;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Time that may be used up. Immutable but for the clock. */
public final class Budget {
    /** What runs when it is used up may run on for so long, since killing it would lose what was measured. */
    private static final Duration GRACE = Duration.ofSeconds(30);

    private final LongSupplier clock;
    private final long end;

    private Budget(LongSupplier clock, long end) {
        this.clock = clock;
        this.end = end;
    }

    /** So much from now on, by a clock of nanoseconds. */
    public static Budget of(Duration time, LongSupplier clock) {
        return new Budget(clock, clock.getAsLong() + time.toNanos());
    }

    /** A part of what is left. */
    public Budget share(double fraction) {
        return new Budget(clock, clock.getAsLong() + (long) (left().toNanos() * fraction));
    }

    /** What is left, 0 if nothing is. */
    public Duration left() {
        return Duration.ofNanos(Math.max(0, end - clock.getAsLong()));
    }

    /** Whether something that takes so long ends in time. */
    public boolean allows(Duration time) {
        return left().compareTo(time) >= 0;
    }

    /** How long to wait for something at most. */
    public Duration limit(Duration most) {
        Duration last = left().plus(GRACE);
        return last.compareTo(most) < 0 ? last : most;
    }
}
