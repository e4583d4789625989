package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;

/** Limits and preferences of contexts. Thread-safe. */
public final class Settings {
    private static final int CACHE_CONFIG = 0;
    private static final int SHARED_MEMORY_CONFIG = 1;
    private static final int FLAGS = 2;

    /** What the driver gives before anything is set, by {@code CUlimit}, for a device of compute capability 7 or 8. */
    private static final long[] DEFAULT_LIMITS = {1024, 1 << 20, 8 << 20, 2, 2048, 64, 0};

    private final Calls calls;

    Settings(Calls calls) {
        this.calls = calls;
    }

    /** A limit, {@code CUlimit}. */
    public long limit(Context context, int limit) throws CudaError {
        checkLimit(limit);
        return context.limits().getOrDefault(limit, DEFAULT_LIMITS[limit]);
    }

    /** Sets a limit. */
    public void setLimit(Context context, int limit, long value) throws CudaError {
        checkLimit(limit);
        if (value < 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        context.limits().put(limit, value);
        calls.queue(new Call.CtxSetLimit(context.id(), limit, value));
    }

    private static void checkLimit(int limit) throws CudaError {
        if (limit < 0 || limit >= DEFAULT_LIMITS.length) {
            throw new CudaError(CudaResult.UNSUPPORTED_LIMIT);
        }
    }

    /** The preferred division of the cache. */
    public int cacheConfig(Context context) {
        return context.preferences().getOrDefault(CACHE_CONFIG, 0);
    }

    /** Sets the preferred division of the cache, 0 to 3. */
    public void setCacheConfig(Context context, int config) throws CudaError {
        set(context, CACHE_CONFIG, config, 3);
    }

    /** The size of a bank of shared memory. */
    public int sharedMemoryConfig(Context context) {
        return context.preferences().getOrDefault(SHARED_MEMORY_CONFIG, 1);
    }

    /** Sets the size of a bank of shared memory, 0 to 2; devices of today have but one. */
    public void setSharedMemoryConfig(Context context, int config) throws CudaError {
        set(context, SHARED_MEMORY_CONFIG, config, 2);
    }

    /** Sets the flags of a context. */
    public void setFlags(Context context, int flags) throws CudaError {
        set(context, FLAGS, flags, 0xff);
        context.setFlags(flags);
    }

    private void set(Context context, int preference, int value, int greatest) throws CudaError {
        if (value < 0 || value > greatest) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        context.preferences().put(preference, value);
        calls.queue(new Call.CtxSetConfig(context.id(), preference, value));
    }

    /** Takes over a setting of an earlier process. */
    void adopt(Context context, Call.CtxSetConfig call) {
        context.preferences().put(call.preference(), call.value());
        if (call.preference() == FLAGS) {
            context.setFlags(call.value());
        }
    }
}
