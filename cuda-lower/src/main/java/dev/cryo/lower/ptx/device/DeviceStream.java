package dev.cryo.lower.ptx.device;

import org.jspecify.annotations.Nullable;

/** A stream: the last of its operations. It belongs to the thread that executes calls. */
final class DeviceStream {
    /** How a stream is ordered to others of its context. */
    enum Kind {
        /** The legacy default stream: every operation waits for all blocking streams, and they for it. */
        LEGACY,
        /** Ordered with the legacy default stream. */
        BLOCKING,
        /** Ordered by events only. */
        NON_BLOCKING
    }

    final long id;
    final DeviceContext context;
    final Kind kind;
    private @Nullable Work last;
    private boolean destroyed;

    DeviceStream(long id, DeviceContext context, Kind kind) {
        this.id = id;
        this.context = context;
        this.kind = kind;
    }

    /** The last operation that was submitted; null if all have ended. */
    @Nullable Work last() {
        if (last != null && last.hasEnded()) {
            last = null;
        }
        return last;
    }

    void append(Work work) {
        last = work;
    }

    boolean isQuiet() {
        return last() == null;
    }

    boolean isDestroyed() {
        return destroyed;
    }

    void destroy() {
        destroyed = true;
    }

    @Override
    public String toString() {
        return (kind == Kind.LEGACY ? "default stream 0x" : "stream 0x") + Long.toHexString(id);
    }
}
