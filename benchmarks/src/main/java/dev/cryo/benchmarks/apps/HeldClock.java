package dev.cryo.benchmarks.apps;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * System.nanoTime and a timer on it: the time between two steps must not jump, neither back nor ahead, and a timer set
 * in one step for the middle of the next pause must fire after its deadline and not much later.
 */
final class HeldClock implements OpenFiles.Held {
    private static final long MILLI = 1_000_000;

    private final long stepNanos;
    private final long slackNanos;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(it -> {
        Thread thread = new Thread(it, "timer");
        thread.setDaemon(true);
        return thread;
    });
    private final AtomicLong firedAt = new AtomicLong();
    private long before = System.nanoTime();
    private long deadline;

    HeldClock(int stepMs, int maxJumpMs) {
        stepNanos = stepMs * MILLI;
        slackNanos = maxJumpMs * MILLI;
    }

    @Override
    public void step(int step) {
        long now = System.nanoTime();
        long passed = now - before;
        Program.check(
                passed >= 0 && passed <= stepNanos + slackNanos,
                "System.nanoTime moved by " + passed / MILLI + " ms where " + stepNanos / MILLI + " ms were planned");
        if (step > 1) {
            verifyTimer();
        }
        before = now;
        deadline = now + stepNanos / 2;
        firedAt.set(0);
        timer.schedule(() -> firedAt.set(System.nanoTime()), stepNanos / 2, TimeUnit.NANOSECONDS);
    }

    private void verifyTimer() {
        while (firedAt.get() == 0) {
            Program.check(System.nanoTime() - deadline < slackNanos, "a timer does not fire");
            Thread.onSpinWait();
        }
        long late = firedAt.get() - deadline;
        Program.check(late >= 0 && late <= slackNanos, "a timer fired " + late / MILLI + " ms after its deadline");
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
