package dev.cryo.lower.device;

import java.time.Duration;
import java.util.Collection;

/** Waits for threads. */
public final class Threads {
    private Threads() {}

    /** Waits so long until all threads have ended, and returns whether they have; interrupts do not cut it short. */
    public static boolean awaitEnd(Collection<Thread> threads, Duration timeout) {
        long end = System.nanoTime() + timeout.toNanos();
        boolean interrupted = false;
        boolean ended = true;
        for (Thread thread : threads) {
            while (ended && thread.isAlive()) {
                try {
                    ended = thread.join(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return ended;
    }
}
