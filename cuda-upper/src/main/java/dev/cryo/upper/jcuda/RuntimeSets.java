package dev.cryo.upper.jcuda;

import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Stream;
import jcuda.Pointer;
import jcuda.runtime.cudaExtent;
import jcuda.runtime.cudaPitchedPtr;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/** Sets of memory. */
record RuntimeSets(Cuda cuda) {
    void cudaMemset(Pointer pointer, int value, long count) throws CudaError {
        set(legacy(), pointer, 0, value, count, 1, true);
    }

    void cudaMemsetAsync(Pointer pointer, int value, long count, @Nullable cudaStream_t stream) throws CudaError {
        set(stream(stream), pointer, 0, value, count, 1, false);
    }

    void cudaMemset2D(Pointer pointer, long pitch, int value, long width, long height) throws CudaError {
        set(legacy(), pointer, pitch, value, width, height, true);
    }

    void cudaMemset2DAsync(
            Pointer pointer, long pitch, int value, long width, long height, @Nullable cudaStream_t stream)
            throws CudaError {
        set(stream(stream), pointer, pitch, value, width, height, false);
    }

    void cudaMemset3D(cudaPitchedPtr pitched, int value, cudaExtent extent) throws CudaError {
        set(legacy(), pitched, value, extent, true);
    }

    void cudaMemset3DAsync(cudaPitchedPtr pitched, int value, cudaExtent extent, @Nullable cudaStream_t stream)
            throws CudaError {
        set(stream(stream), pitched, value, extent, false);
    }

    private void set(
            Stream stream, Pointer pointer, long pitch, int value, long width, long height, boolean wait)
            throws CudaError {
        cuda.sets().set(stream, Pointers.value(pointer), pitch, 1, value & 0xff, width, height, wait);
    }

    private void set(Stream stream, cudaPitchedPtr pitched, int value, cudaExtent extent, boolean wait)
            throws CudaError {
        for (long z = 0; z < extent.depth; z++) {
            Pointer slice = pitched.ptr.withByteOffset(z * pitched.pitch * pitched.ysize);
            set(stream, slice, pitched.pitch, value, extent.width, extent.height, wait);
        }
    }

    private Stream legacy() throws CudaError {
        return cuda.runtime().current().legacy();
    }

    private Stream stream(@Nullable cudaStream_t stream) throws CudaError {
        return cuda.streams().of(cuda.runtime().current(), Pointers.value(stream));
    }
}
