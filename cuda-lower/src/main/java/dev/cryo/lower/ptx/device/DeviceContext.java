package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A context: its streams and the error that it has met.
 *
 * <p>Threading: the error may be set and read by any thread, the rest belongs to the thread that executes calls.
 */
final class DeviceContext {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");

    final long id;
    final DeviceStream legacy;
    /** Streams that live or whose work has not ended. */
    final List<DeviceStream> streams = new ArrayList<>();

    private final Supplier<LowerHalf.@Nullable HostSide> host;
    private volatile int fault = CudaResult.SUCCESS;
    private volatile boolean abandoned;

    DeviceContext(long id, long legacyStream, Supplier<LowerHalf.@Nullable HostSide> host) {
        this.id = id;
        this.host = host;
        this.legacy = new DeviceStream(legacyStream, this, DeviceStream.Kind.LEGACY);
        streams.add(legacy);
    }

    /** The error that every call on this context is to answer; {@link CudaResult#SUCCESS} if there is none. */
    int fault() {
        return fault;
    }

    boolean isFaulted() {
        return fault != CudaResult.SUCCESS;
    }

    /** Whether kernels of this context shall stop. */
    boolean isAbandoned() {
        return abandoned;
    }

    /** Stops the kernels and drops the work of a context that is about to end. */
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

    void requireHealthy() throws RefusedException {
        if (isFaulted()) {
            throw new RefusedException(fault, "the context is faulted");
        }
    }

    /** Forgets destroyed streams whose work has ended. */
    void prune() {
        streams.removeIf(stream -> stream.isDestroyed() && stream.isQuiet());
    }
}
