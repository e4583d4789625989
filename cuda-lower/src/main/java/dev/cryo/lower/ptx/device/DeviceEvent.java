package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.Clock;
import dev.cryo.lower.device.RefusedException;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import org.jspecify.annotations.Nullable;

/** An event: the operation that recorded it last. It belongs to the thread that executes calls. */
final class DeviceEvent {
    private static final int DISABLE_TIMING = 2;

    final long id;
    final DeviceContext context;
    private final boolean timed;
    private @Nullable Mark mark;

    DeviceEvent(long id, DeviceContext context, int flags) {
        this.id = id;
        this.context = context;
        this.timed = (flags & DISABLE_TIMING) == 0;
    }

    /** What recorded the event; null if nothing has. */
    @Nullable Mark mark() {
        return mark;
    }

    void record(Mark by) {
        mark = by;
    }

    boolean isPending() {
        return mark != null && !mark.hasEnded();
    }

    /**
     * The mark that tells, once it has ended, when the event was recorded.
     *
     * @throws RefusedException if the event was not recorded, or keeps no time
     */
    Mark timedMark() throws RefusedException {
        if (mark == null || !timed) {
            throw new RefusedException(
                    CudaResult.INVALID_HANDLE, "event 0x" + Long.toHexString(id) + " was not recorded with a time");
        }
        return mark;
    }

    /** The recorded event as it is saved. */
    LowerHalf.DeviceState.RecordedEvent recorded() {
        return new LowerHalf.DeviceState.RecordedEvent(id, mark == null ? 0 : mark.time());
    }

    /** The place of an event in a stream. */
    static final class Mark extends Work {
        private final Clock clock;
        private long time;

        Mark(Clock clock) {
            super(Weight.INSTANT);
            this.clock = clock;
        }

        /** A mark that has ended, at a time. */
        static Mark at(long time, Clock clock) {
            Mark mark = new Mark(clock);
            mark.time = time;
            mark.end();
            return mark;
        }

        /** When the mark was passed; meaningful once it has ended. */
        long time() {
            return time;
        }

        @Override
        void run() {
            time = clock.now();
        }

        @Override
        void failed(Throwable cause) {
            throw new IllegalStateException(cause);
        }

        @Override
        String words() {
            return "recording of an event";
        }
    }
}
