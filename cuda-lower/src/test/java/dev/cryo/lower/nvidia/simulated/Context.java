package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A context: its streams, in the order of which their work depends on each other. */
final class Context {
    final long handle;
    final boolean primary;
    final Stream legacy;
    /** Streams that live, and destroyed ones whose work has not ended. Guarded by this. */
    private final List<Stream> streams = new ArrayList<>();

    private final ProcessError error;
    private volatile boolean destroyed;

    Context(long handle, boolean primary, ProcessError error) {
        this.handle = handle;
        this.primary = primary;
        this.error = error;
        this.legacy = new Stream(0, this, Stream.Kind.LEGACY);
        streams.add(legacy);
    }

    /** Throws the error that every function of this context gives, if there is one. */
    void requireUsable() throws DriverException {
        if (destroyed) {
            throw new DriverException(CudaResult.CONTEXT_IS_DESTROYED, this + " is destroyed");
        }
        error.requireNone();
    }

    /** Whether work is no longer done, and kernels are to stop. */
    boolean isOver() {
        return destroyed || error.isMet();
    }

    /** Takes note that work has failed. */
    void fault(int code) {
        error.meet(code);
    }

    /** Ends all work at once; it is not waited for. */
    void destroy() {
        destroyed = true;
    }

    synchronized void add(Stream stream) {
        streams.removeIf(other -> other.isDestroyed() && other.last().isDone());
        streams.add(stream);
    }

    /** What CUDA orders before the next operation of a stream. This is locked. */
    List<CompletableFuture<Void>> before(Stream stream) {
        List<CompletableFuture<Void>> earlier = new ArrayList<>();
        switch (stream.kind) {
            case LEGACY -> streams.stream()
                    .filter(other -> other.kind != Stream.Kind.NON_BLOCKING)
                    .forEach(other -> earlier.add(other.last()));
            case BLOCKING -> {
                earlier.add(stream.last());
                earlier.add(legacy.last());
            }
            case NON_BLOCKING -> earlier.add(stream.last());
        }
        return earlier;
    }

    /** The end of all work so far. */
    synchronized CompletableFuture<Void> allWork() {
        return CompletableFuture.allOf(streams.stream().map(Stream::last).toArray(CompletableFuture<?>[]::new));
    }

    @Override
    public String toString() {
        return (primary ? "primary context 0x" : "context 0x") + Long.toHexString(handle);
    }
}
