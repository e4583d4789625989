package dev.cryo.lower.ptx.device;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One operation of the device, and those that wait for its end. Its state is guarded by the {@link Scheduler}'s lock,
 * except for {@link #ended}.
 */
abstract class Work {
    /** How much an operation costs, which decides who runs it. */
    enum Weight {
        /** Takes less time than handing it over: run under the scheduler's lock, so it must not call out. */
        INSTANT,
        /** Takes some microseconds: run by whoever finds it ready, the submitting thread included. */
        LIGHT,
        /** Takes any time: run by a thread of its own. */
        HEAVY
    }

    private static final Work[] NONE = {};

    final Weight weight;
    private Work[] waiting = NONE;
    private int waitingCount;
    private int polled;
    /** Operations that this one waits for, and one more until it is submitted. */
    private int missing = 1;

    private volatile boolean ended;

    Work(Weight weight) {
        this.weight = weight;
    }

    /** Does the operation; what it throws makes its context faulted. */
    abstract void run();

    /** Takes note of what {@link #run} threw. */
    abstract void failed(Throwable cause);

    /** What the operation is, for a person: "copy of 12 bytes on stream 0x5". */
    abstract String words();

    /** Whether the operation has ended; what it wrote is then visible to the asking thread. */
    final boolean hasEnded() {
        return ended;
    }

    final void runSafely() {
        try {
            run();
        } catch (Throwable e) {
            failed(e);
        }
    }

    /** Makes this operation wait for an earlier one; the scheduler's lock is held. */
    final void addDependency(Work earlier) {
        if (earlier.ended) {
            return;
        }
        missing++;
        if (earlier.waitingCount == earlier.waiting.length) {
            earlier.waiting = Arrays.copyOf(earlier.waiting, Math.max(2, 2 * earlier.waitingCount));
        }
        earlier.waiting[earlier.waitingCount++] = this;
    }

    /** Takes away one of the missing; true if none is left. The scheduler's lock is held. */
    final boolean dependencyEnded() {
        return --missing == 0;
    }

    /** Marks the operation as ended; the scheduler's lock is held. */
    final void end() {
        ended = true;
    }

    /** Takes the next of those that wait for this ended operation; null if there is none. The lock is held. */
    final @Nullable Work pollWaiting() {
        if (polled == waitingCount) {
            waiting = NONE;
            return null;
        }
        return waiting[polled++];
    }
}
