package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.DriverException;
import java.util.concurrent.TimeUnit;

/**
 * The lock of the memory's books, and the count of operations that touch memory right now: mappings are only taken away
 * while there are none, or this process would not survive it.
 */
final class Traffic {
    private static final long PATIENCE_NANOS = 15_000_000_000L;

    private int running;

    /** What is done with the books. */
    interface Change<T> {
        T make() throws DriverException;
    }

    /** What is done with the books, without a result. */
    interface Deed {
        void run() throws DriverException;
    }

    /** Adds to the books. */
    synchronized void alter(Deed deed) throws DriverException {
        deed.run();
    }

    /** Takes away from the books, once no operation runs. */
    void alterAtRest(Deed deed) throws DriverException {
        String unused = changeAtRest(() -> {
            deed.run();
            return "";
        });
    }

    /** Adds to the books. */
    synchronized <T> T change(Change<T> change) throws DriverException {
        return change.make();
    }

    /** Takes away from the books, once no operation runs. */
    synchronized <T> T changeAtRest(Change<T> change) throws DriverException {
        boolean interrupted = false;
        long end = System.nanoTime() + PATIENCE_NANOS;
        for (long left = PATIENCE_NANOS; running > 0; left = end - System.nanoTime()) {
            if (left <= 0) {
                throw new IllegalStateException("work does not end: a driver would wait for it forever");
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return change.make();
    }

    /** Runs an operation that touches memory. */
    void run(Runnable operation) {
        synchronized (this) {
            running++;
        }
        try {
            operation.run();
        } finally {
            synchronized (this) {
                running--;
                notifyAll();
            }
        }
    }
}
