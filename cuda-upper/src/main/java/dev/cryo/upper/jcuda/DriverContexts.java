package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Streams;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;

/** Contexts, which of them is current, and their settings. */
record DriverContexts(Cuda cuda) {
    private static final int API_VERSION = 12060;
    private static final int FLAGS = 0xff;

    void cuCtxCreate(CUcontext context, int flags, CUdevice device) throws CudaError {
        if ((flags & ~FLAGS) != 0) {
            cuda.devices().check();
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        Pointers.set(context, cuda.contexts().create(flags, Pointers.value(device)).id());
    }

    void cuCtxDestroy(CUcontext context) throws CudaError {
        cuda.contexts().destroy(Pointers.value(context));
    }

    void cuCtxPushCurrent(CUcontext context) throws CudaError {
        cuda.contexts().push(Pointers.value(context));
    }

    void cuCtxPopCurrent(CUcontext context) throws CudaError {
        Pointers.set(context, cuda.contexts().pop().id());
    }

    void cuCtxSetCurrent(CUcontext context) throws CudaError {
        cuda.contexts().setCurrent(Pointers.value(context));
    }

    void cuCtxGetCurrent(CUcontext context) throws CudaError {
        Context current = cuda.contexts().peek();
        Pointers.set(context, current == null ? 0 : current.id());
    }

    void cuCtxGetDevice(CUdevice device) throws CudaError {
        Pointers.set(device, current().device());
    }

    void cuCtxGetFlags(int[] flags) throws CudaError {
        flags[0] = current().flags();
    }

    void cuCtxGetId(CUcontext context, long[] id) throws CudaError {
        id[0] = given(context).id();
    }

    void cuCtxGetApiVersion(CUcontext context, int[] version) throws CudaError {
        given(context);
        version[0] = API_VERSION;
    }

    void cuCtxSynchronize() throws CudaError {
        cuda.contexts().synchronize(current());
    }

    void cuCtxSetLimit(int limit, long value) throws CudaError {
        cuda.settings().setLimit(current(), limit, value);
    }

    void cuCtxGetLimit(long[] value, int limit) throws CudaError {
        value[0] = cuda.settings().limit(current(), limit);
    }

    void cuCtxGetCacheConfig(int[] config) throws CudaError {
        config[0] = cuda.settings().cacheConfig(current());
    }

    void cuCtxSetCacheConfig(int config) throws CudaError {
        cuda.settings().setCacheConfig(current(), config);
    }

    void cuCtxGetSharedMemConfig(int[] config) throws CudaError {
        config[0] = cuda.settings().sharedMemoryConfig(current());
    }

    void cuCtxSetSharedMemConfig(int config) throws CudaError {
        cuda.settings().setSharedMemoryConfig(current(), config);
    }

    void cuCtxGetStreamPriorityRange(int[] least, int[] greatest) throws CudaError {
        current();
        least[0] = Streams.LEAST_PRIORITY;
        greatest[0] = Streams.GREATEST_PRIORITY;
    }

    private Context current() throws CudaError {
        return cuda.contexts().current();
    }

    /** The context that is given, or the current one for none. */
    private Context given(CUcontext context) throws CudaError {
        long handle = Pointers.value(context);
        return handle == 0 ? current() : cuda.contexts().of(handle);
    }
}
