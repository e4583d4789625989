package dev.cryo.upper.jcuda;

import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Stream;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import org.jspecify.annotations.Nullable;

/** Sets of memory. */
record DriverSets(Cuda cuda) {
    void cuMemsetD8(CUdeviceptr address, byte value, long count) throws CudaError {
        set(legacy(), address, 0, 1, value & 0xff, count, 1, true);
    }

    void cuMemsetD16(CUdeviceptr address, short value, long count) throws CudaError {
        set(legacy(), address, 0, 2, value & 0xffff, count, 1, true);
    }

    void cuMemsetD32(CUdeviceptr address, int value, long count) throws CudaError {
        set(legacy(), address, 0, 4, value, count, 1, true);
    }

    void cuMemsetD2D8(CUdeviceptr address, long pitch, byte value, long width, long height) throws CudaError {
        set(legacy(), address, pitch, 1, value & 0xff, width, height, true);
    }

    void cuMemsetD2D16(CUdeviceptr address, long pitch, short value, long width, long height) throws CudaError {
        set(legacy(), address, pitch, 2, value & 0xffff, width, height, true);
    }

    void cuMemsetD2D32(CUdeviceptr address, long pitch, int value, long width, long height) throws CudaError {
        set(legacy(), address, pitch, 4, value, width, height, true);
    }

    void cuMemsetD8Async(CUdeviceptr address, byte value, long count, @Nullable CUstream stream) throws CudaError {
        set(stream(stream), address, 0, 1, value & 0xff, count, 1, false);
    }

    void cuMemsetD16Async(CUdeviceptr address, short value, long count, @Nullable CUstream stream) throws CudaError {
        set(stream(stream), address, 0, 2, value & 0xffff, count, 1, false);
    }

    void cuMemsetD32Async(CUdeviceptr address, int value, long count, @Nullable CUstream stream) throws CudaError {
        set(stream(stream), address, 0, 4, value, count, 1, false);
    }

    void cuMemsetD2D8Async(
            CUdeviceptr address, long pitch, byte value, long width, long height, @Nullable CUstream stream)
            throws CudaError {
        set(stream(stream), address, pitch, 1, value & 0xff, width, height, false);
    }

    void cuMemsetD2D16Async(
            CUdeviceptr address, long pitch, short value, long width, long height, @Nullable CUstream stream)
            throws CudaError {
        set(stream(stream), address, pitch, 2, value & 0xffff, width, height, false);
    }

    void cuMemsetD2D32Async(
            CUdeviceptr address, long pitch, int value, long width, long height, @Nullable CUstream stream)
            throws CudaError {
        set(stream(stream), address, pitch, 4, value, width, height, false);
    }

    private void set(
            Stream stream,
            CUdeviceptr address,
            long pitch,
            int elementBytes,
            int value,
            long width,
            long height,
            boolean wait)
            throws CudaError {
        cuda.sets().set(stream, Pointers.value(address), pitch, elementBytes, value, width, height, wait);
    }

    private Stream legacy() throws CudaError {
        return cuda.contexts().current().legacy();
    }

    private Stream stream(@Nullable CUstream stream) throws CudaError {
        return cuda.streams().of(cuda.contexts().current(), Pointers.value(stream));
    }
}
