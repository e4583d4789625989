package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.CudaResult;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A context. Once an error has stuck to it, all but its destruction answers that error. Thread-safe. */
public final class Context extends CudaObject {
    private final Calls calls;
    private final int device;
    private final boolean primary;
    private final Stream legacyStream;
    private final Set<CudaObject> owned = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Long> limits = new ConcurrentHashMap<>();
    private final Map<Integer, Integer> preferences = new ConcurrentHashMap<>();
    private volatile int flags;
    private volatile int error;

    Context(Calls calls, long id, long legacyStream, int device, boolean primary, int flags) {
        super(id);
        this.calls = calls;
        this.device = device;
        this.primary = primary;
        this.flags = flags;
        this.legacyStream = new Stream(legacyStream, this, 0, 0);
    }

    @Override
    public Context context() {
        return this;
    }

    /** The device's ordinal. */
    public int device() {
        return device;
    }

    /** Whether it is its device's primary context. */
    public boolean isPrimary() {
        return primary;
    }

    /** {@code CU_CTX_*}. */
    public int flags() {
        return flags;
    }

    void setFlags(int flags) {
        this.flags = flags;
    }

    /** The default stream that other streams wait for, unless they are non-blocking. */
    public Stream legacy() {
        return legacyStream;
    }

    /** All that ends with the context, streams first made known first. */
    Set<CudaObject> owned() {
        return owned;
    }

    Map<Integer, Long> limits() {
        return limits;
    }

    Map<Integer, Integer> preferences() {
        return preferences;
    }

    void fail(int code) {
        if (error != CudaResult.CONTEXT_IS_DESTROYED) {
            error = code;
        }
    }

    /** Whether the context has ended. */
    public boolean isDestroyed() {
        return error == CudaResult.CONTEXT_IS_DESTROYED;
    }

    /**
     * Passes if the context can be used.
     *
     * @throws CudaError the error that sticks to it, or that it is destroyed
     */
    public void check() throws CudaError {
        calls.look();
        if (error != CudaResult.SUCCESS) {
            throw new CudaError(error);
        }
    }
}
