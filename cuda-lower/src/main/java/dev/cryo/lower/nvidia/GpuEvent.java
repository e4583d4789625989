package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.streamlog.call.CudaResult;
import org.jspecify.annotations.Nullable;

/** An event of the upper half: the mark that it recorded last. It belongs to the thread that executes calls. */
final class GpuEvent {
    private static final int DISABLE_TIMING = 2;

    final long id;
    final GpuContext context;
    final int flags;
    private @Nullable Mark mark;
    private boolean recorded;
    private long time;

    GpuEvent(long id, GpuContext context, int flags) {
        this.id = id;
        this.context = context;
        this.flags = flags;
    }

    /** What it has recorded on this device; null if nothing, or if its context was faulted. */
    @Nullable Mark mark() {
        return mark;
    }

    boolean isRecorded() {
        return recorded;
    }

    boolean isTimed() {
        return (flags & DISABLE_TIMING) == 0;
    }

    /** Takes a mark in the place of the one that is returned and that is the caller's to give up. */
    @Nullable Mark record(@Nullable Mark by) {
        Mark before = mark;
        mark = by;
        recorded = true;
        return before;
    }

    /** Takes over that it was recorded on an earlier device. */
    void restore(long at) {
        recorded = true;
        time = at;
    }

    /** When it was recorded on an earlier device. */
    long restoredTime() {
        return time;
    }

    /**
     * Passes if it was recorded and keeps the time of that.
     *
     * @throws RefusedException if not
     */
    void requireTimed() throws RefusedException {
        if (!recorded || !isTimed()) {
            throw new RefusedException(
                    CudaResult.INVALID_HANDLE, "event 0x" + Long.toHexString(id) + " was not recorded with a time");
        }
    }
}
