package dev.cryo.upper.jcuda;

import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Streams;

/** Synchronisation and reset of the device, its flags, limits and preferences; the older names with "Thread" too. */
record RuntimeSettings(Cuda cuda) {
    void cudaDeviceSynchronize() throws CudaError {
        cuda.contexts().synchronize(current());
    }

    void cudaThreadSynchronize() throws CudaError {
        cudaDeviceSynchronize();
    }

    void cudaDeviceReset() throws CudaError {
        cuda.runtime().reset();
    }

    void cudaThreadExit() throws CudaError {
        cudaDeviceReset();
    }

    void cudaSetDeviceFlags(int flags) throws CudaError {
        cuda.primaries().setFlags(cuda.runtime().device(), flags);
    }

    void cudaGetDeviceFlags(int[] flags) throws CudaError {
        flags[0] = cuda.primaries().state(cuda.runtime().device()).flags();
    }

    void cudaDeviceSetLimit(int limit, long value) throws CudaError {
        cuda.settings().setLimit(current(), limit, value);
    }

    void cudaThreadSetLimit(int limit, long value) throws CudaError {
        cudaDeviceSetLimit(limit, value);
    }

    void cudaDeviceGetLimit(long[] value, int limit) throws CudaError {
        value[0] = cuda.settings().limit(current(), limit);
    }

    void cudaThreadGetLimit(long[] value, int limit) throws CudaError {
        cudaDeviceGetLimit(value, limit);
    }

    void cudaDeviceGetCacheConfig(int[] config) throws CudaError {
        config[0] = cuda.settings().cacheConfig(current());
    }

    void cudaThreadGetCacheConfig(int[] config) throws CudaError {
        cudaDeviceGetCacheConfig(config);
    }

    void cudaDeviceSetCacheConfig(int config) throws CudaError {
        cuda.settings().setCacheConfig(current(), config);
    }

    void cudaThreadSetCacheConfig(int config) throws CudaError {
        cudaDeviceSetCacheConfig(config);
    }

    void cudaDeviceGetSharedMemConfig(int[] config) throws CudaError {
        config[0] = cuda.settings().sharedMemoryConfig(current());
    }

    void cudaDeviceSetSharedMemConfig(int config) throws CudaError {
        cuda.settings().setSharedMemoryConfig(current(), config);
    }

    void cudaDeviceGetStreamPriorityRange(int[] least, int[] greatest) throws CudaError {
        current();
        least[0] = Streams.LEAST_PRIORITY;
        greatest[0] = Streams.GREATEST_PRIORITY;
    }

    /** A mark for a profiler, of which there is none. */
    void cudaProfilerStart() throws CudaError {
        current();
    }

    /** A mark for a profiler, of which there is none. */
    void cudaProfilerStop() throws CudaError {
        current();
    }

    private Context current() throws CudaError {
        return cuda.runtime().current();
    }
}
