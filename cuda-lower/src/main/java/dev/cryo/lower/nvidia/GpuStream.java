package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import org.jspecify.annotations.Nullable;

/**
 * A stream of the driver. Work is given to it by the thread that executes calls; any thread may ask whether it is
 * quiet.
 */
final class GpuStream {
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
    final GpuContext context;
    final Kind kind;
    /** The driver's; 0 for the legacy default stream, and where the context was faulted before. */
    final long handle;

    private volatile String latest = "nothing";
    private boolean destroyed;
    /** Whether work was given to it since it was found quiet last; belongs to the thread that executes calls. */
    private boolean used;
    /** Belongs to the thread that executes calls. */
    private HostTurns.@Nullable Word word;

    GpuStream(long id, GpuContext context, Kind kind, long handle) {
        this.id = id;
        this.context = context;
        this.kind = kind;
        this.handle = handle;
    }

    /** Says that the stream is given work now. */
    void use() {
        used = true;
        context.busy();
    }

    /** Says that the stream is given a kernel now. */
    void use(String kernel) {
        use();
        latest = "kernel " + kernel;
    }

    /** What the stream waits by for host code; null if it never did. */
    HostTurns.@Nullable Word word() {
        return word;
    }

    void word(HostTurns.Word by) {
        word = by;
    }

    /** Whether all work has ended; for the thread that executes calls, the context being current. */
    boolean isKnownQuiet(CudaDriver driver) throws DriverException {
        if (used && isQuiet(driver)) {
            used = false;
        }
        return !used;
    }

    /** Whether all work of this stream alone has ended; the context must be current. */
    synchronized boolean isQuiet(CudaDriver driver) throws DriverException {
        return destroyed || driver.isQuiet(handle);
    }

    /** Destroys the driver's stream. */
    synchronized void destroy(CudaDriver driver) throws DriverException {
        if (!destroyed && kind != Kind.LEGACY && handle != 0) {
            destroyed = true;
            driver.destroyStream(handle);
        }
    }

    /** What the stream was given last that has a name. */
    String words() {
        return latest + " on " + this;
    }

    @Override
    public String toString() {
        return (kind == Kind.LEGACY ? "default stream 0x" : "stream 0x") + Long.toHexString(id);
    }
}
