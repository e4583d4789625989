package dev.cryo.upper.jcuda;

import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Stream;
import jcuda.Pointer;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import org.jspecify.annotations.Nullable;

/** Unified memory. */
record DriverUnifiedMemory(Cuda cuda) {
    void cuMemAllocManaged(CUdeviceptr address, long bytes, int flags) throws CudaError {
        long at = cuda.unifiedMemory().allocate(cuda.contexts().current(), bytes, flags);
        Pointers.setMemory(address, at, HostBuffers.over(at, bytes));
    }

    void cuMemAdvise(CUdeviceptr address, long bytes, int advice, @Nullable CUdevice device) throws CudaError {
        cuda.contexts().current();
        cuda.unifiedHints().advise(Pointers.value(address), bytes, advice, (int) Pointers.value(device));
    }

    void cuMemPrefetchAsync(CUdeviceptr address, long bytes, @Nullable CUdevice device, @Nullable CUstream stream)
            throws CudaError {
        Stream in = stream(stream);
        cuda.unifiedHints().prefetch(in, Pointers.value(address), bytes, (int) Pointers.value(device));
    }

    void cuStreamAttachMemAsync(@Nullable CUstream stream, CUdeviceptr address, long bytes, int flags)
            throws CudaError {
        cuda.unifiedHints().attach(stream(stream), Pointers.value(address), bytes, flags);
    }

    void cuMemRangeGetAttribute(Pointer data, long dataBytes, int attribute, CUdeviceptr address, long bytes)
            throws CudaError {
        cuda.contexts().current();
        RangeAttributes.get(cuda, data, dataBytes, attribute, Pointers.value(address), bytes);
    }

    void cuMemRangeGetAttributes(
            Pointer[] data, long[] dataBytes, int[] attributes, long count, CUdeviceptr address, long bytes)
            throws CudaError {
        cuda.contexts().current();
        RangeAttributes.get(cuda, data, dataBytes, attributes, count, Pointers.value(address), bytes);
    }

    private Stream stream(@Nullable CUstream stream) throws CudaError {
        return cuda.streams().of(cuda.contexts().current(), Pointers.value(stream));
    }
}
