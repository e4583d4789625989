package dev.cryo.lower.nvidia.simulated;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** A stream: the end of its last operation. Guarded by its context. */
final class Stream {
    /** How a stream goes with the legacy default stream of its context. */
    enum Kind {
        LEGACY,
        BLOCKING,
        NON_BLOCKING
    }

    final long handle;
    final Context context;
    final Kind kind;
    private volatile CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    private volatile boolean destroyed;

    Stream(long handle, Context context, Kind kind) {
        this.handle = handle;
        this.context = context;
        this.kind = kind;
    }

    /** Puts an operation at the end, which also waits for others; returns its end. It must not throw. */
    CompletableFuture<Void> append(Runnable operation, Executor threads, List<CompletableFuture<Void>> others) {
        synchronized (context) {
            List<CompletableFuture<Void>> earlier = context.before(this);
            earlier.addAll(others);
            last = CompletableFuture.allOf(earlier.toArray(CompletableFuture<?>[]::new))
                    .thenRunAsync(operation, threads);
            return last;
        }
    }

    CompletableFuture<Void> last() {
        return last;
    }

    /** The end of all that whoever waits for this stream waits for. */
    CompletableFuture<Void> work() {
        if (kind != Kind.LEGACY) {
            return last;
        }
        synchronized (context) {
            return CompletableFuture.allOf(context.before(this).toArray(CompletableFuture<?>[]::new));
        }
    }

    void destroy() {
        destroyed = true;
    }

    boolean isDestroyed() {
        return destroyed;
    }

    @Override
    public String toString() {
        return "stream 0x" + Long.toHexString(handle) + " of " + context;
    }
}
