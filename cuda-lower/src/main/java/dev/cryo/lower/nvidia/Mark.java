package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;

/**
 * A place in a stream: what an event of the driver has recorded. It is held by an event of the upper half, by whoever
 * waits for it, or by both; the driver's event ends with the last holder. Thread-safe.
 */
final class Mark {
    final GpuContext context;
    /** The driver's. */
    final long event;
    /** {@code CU_EVENT_*}. */
    final int flags;
    private int holders = 1;
    private volatile boolean ended;

    Mark(GpuContext context, long event, int flags) {
        this.context = context;
        this.event = event;
        this.flags = flags;
    }

    /** Whether the work has ended; the context must be current. */
    boolean hasEnded(CudaDriver driver) throws DriverException {
        if (!ended && driver.hasEnded(event)) {
            ended = true;
        }
        return ended;
    }

    /** Whether it was seen that the work has ended. */
    boolean isKnownEnded() {
        return ended;
    }

    synchronized Mark hold() {
        holders++;
        return this;
    }

    /** Gives the mark up; true if nobody else holds it, and its event is the caller's now. */
    synchronized boolean release() {
        holders--;
        return holders == 0;
    }
}
