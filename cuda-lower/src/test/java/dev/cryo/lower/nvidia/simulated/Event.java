package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** An event and what recorded it last. */
final class Event {
    private static final int DISABLE_TIMING = 2;

    final long handle;
    final Context context;
    private final boolean timed;
    private volatile @Nullable Mark mark;

    Event(long handle, Context context, int flags) {
        this.handle = handle;
        this.context = context;
        this.timed = (flags & DISABLE_TIMING) == 0;
    }

    /**
     * One recording.
     *
     * @param end when it has been passed
     * @param nanoTime the time of that
     */
    record Mark(CompletableFuture<Void> end, AtomicLong nanoTime) {}

    @Nullable Mark mark() {
        return mark;
    }

    void record(Mark by) {
        mark = by;
    }

    float millisUntil(Event later) throws DriverException {
        Mark from = timedMark();
        Mark to = later.timedMark();
        if (!from.end().isDone() || !to.end().isDone()) {
            throw new DriverException(CudaResult.NOT_READY, this + " and " + later + " have not both been passed");
        }
        return (float) ((to.nanoTime().get() - from.nanoTime().get()) / 1e6);
    }

    private Mark timedMark() throws DriverException {
        Mark now = mark;
        if (now == null || !timed) {
            throw new DriverException(CudaResult.INVALID_HANDLE, this + " was not recorded with a time");
        }
        return now;
    }

    @Override
    public String toString() {
        return "event 0x" + Long.toHexString(handle) + " of " + context;
    }
}
