package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A context of the driver: its streams and the error that it has met. Thread-safe. */
final class GpuContext {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");

    final long id;
    final int device;
    final boolean primary;
    /** The driver's. */
    final long handle;
    final GpuStream legacy;
    /** The streams that live, the legacy default stream among them. */
    final Set<GpuStream> streams = ConcurrentHashMap.newKeySet();
    /** The ends of streams that were destroyed while they had work. */
    final Queue<Mark> leftovers = new ConcurrentLinkedQueue<>();

    private final Supplier<LowerHalf.@Nullable HostSide> host;
    private volatile int fault = CudaResult.SUCCESS;
    private final Runnable watcher;
    private volatile boolean abandoned;
    private volatile boolean busy;
    private int uses;
    private boolean ended;

    GpuContext(long id, long legacyStream, int device, boolean primary, long handle,
            Supplier<LowerHalf.@Nullable HostSide> host, Runnable watcher) {
        this.id = id;
        this.device = device;
        this.primary = primary;
        this.handle = handle;
        this.host = host;
        this.watcher = watcher;
        this.legacy = new GpuStream(legacyStream, this, GpuStream.Kind.LEGACY, 0);
        streams.add(legacy);
    }

    /** The error that every call on this context is to answer; {@link CudaResult#SUCCESS} if there is none. */
    int fault() {
        return fault;
    }

    boolean isFaulted() {
        return fault != CudaResult.SUCCESS;
    }

    /** Whether nobody waits for its work any more. */
    boolean isAbandoned() {
        return abandoned;
    }

    /** Lets nobody wait for work of a context that is about to end. */
    void abandon() {
        synchronized (this) {
            if (!isFaulted()) {
                fault = CudaResult.CONTEXT_IS_DESTROYED;
            }
        }
        abandoned = true;
    }

    /** Makes the context faulted; only the first error counts. */
    void fault(int code, @Nullable String why) {
        synchronized (this) {
            if (isFaulted()) {
                return;
            }
            fault = code;
        }
        LOG.log(System.Logger.Level.ERROR, "context 0x{0} is faulted, CUDA error {1}: {2}",
                Long.toHexString(id), Integer.toString(code), String.valueOf(why));
        LowerHalf.HostSide told = host.get();
        if (told != null) {
            told.faulted();
        }
    }

    /** Takes note of what the driver threw: some errors are those of work and end the context. */
    void met(DriverException error) {
        if (CudaResult.isSticky(error.code())) {
            fault(error.code(), error.getMessage());
        }
    }

    /** Says that the context is given work, of which somebody shall see if it fails. */
    void busy() {
        if (!busy) {
            busy = true;
            watcher.run();
        }
    }

    boolean isBusy() {
        return busy;
    }

    /** Looks whether work fails that nobody waits for; the context must be current. */
    void look(CudaDriver driver) throws DriverException {
        busy = false;
        for (GpuStream stream : streams) {
            if (!stream.isQuiet(driver)) {
                busy = true;
                return;
            }
        }
    }

    /** Keeps the context from being destroyed until {@link #leave}; false if it is too late for that. */
    synchronized boolean use() {
        if (!ended) {
            uses++;
        }
        return !ended;
    }

    synchronized void leave() {
        uses--;
        notifyAll();
    }

    /** Waits until nobody uses the context, and lets nobody use it from then on. */
    synchronized void awaitUnused() {
        boolean interrupted = false;
        while (uses > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        ended = true;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    void requireHealthy() throws RefusedException {
        if (isFaulted()) {
            throw new RefusedException(fault, "the context is faulted");
        }
    }

    @Override
    public String toString() {
        return (primary ? "primary context 0x" : "context 0x") + Long.toHexString(id) + " of device " + device;
    }
}
