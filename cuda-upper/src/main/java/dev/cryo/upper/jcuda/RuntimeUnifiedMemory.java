package dev.cryo.upper.jcuda;

import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Stream;
import jcuda.Pointer;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/** Unified memory. */
record RuntimeUnifiedMemory(Cuda cuda) {
    void cudaMallocManaged(Pointer pointer, long bytes, int flags) throws CudaError {
        long at = cuda.unifiedMemory().allocate(cuda.runtime().current(), bytes, flags);
        Pointers.setMemory(pointer, at, HostBuffers.over(at, bytes));
    }

    void cudaMemAdvise(Pointer pointer, long bytes, int advice, int device) throws CudaError {
        cuda.runtime().current();
        cuda.unifiedHints().advise(DriverHostMemory.address(pointer), bytes, advice, device);
    }

    void cudaMemPrefetchAsync(Pointer pointer, long bytes, int device, @Nullable cudaStream_t stream)
            throws CudaError {
        cuda.unifiedHints().prefetch(stream(stream), DriverHostMemory.address(pointer), bytes, device);
    }

    void cudaStreamAttachMemAsync(@Nullable cudaStream_t stream, Pointer pointer, long bytes, int flags)
            throws CudaError {
        cuda.unifiedHints().attach(stream(stream), DriverHostMemory.address(pointer), bytes, flags);
    }

    void cudaMemRangeGetAttribute(Pointer data, long dataBytes, int attribute, Pointer pointer, long bytes)
            throws CudaError {
        cuda.runtime().current();
        RangeAttributes.get(cuda, data, dataBytes, attribute, DriverHostMemory.address(pointer), bytes);
    }

    void cudaMemRangeGetAttributes(
            Pointer[] data, long[] dataBytes, int[] attributes, long count, Pointer pointer, long bytes)
            throws CudaError {
        cuda.runtime().current();
        long address = DriverHostMemory.address(pointer);
        RangeAttributes.get(cuda, data, dataBytes, attributes, count, address, bytes);
    }

    private Stream stream(@Nullable cudaStream_t stream) throws CudaError {
        return cuda.streams().of(cuda.runtime().current(), Pointers.value(stream));
    }
}
