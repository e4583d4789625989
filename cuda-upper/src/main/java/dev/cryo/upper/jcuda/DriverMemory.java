package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.DeviceMemory;
import dev.cryo.upper.cuda.PointerFacts;
import jcuda.driver.CUdeviceptr;
import org.jspecify.annotations.Nullable;

/** Device memory. */
record DriverMemory(Cuda cuda) {
    void cuMemAlloc(CUdeviceptr address, long bytes) throws CudaError {
        Pointers.setAddress(address, cuda.memory().allocate(cuda.contexts().current(), bytes));
    }

    void cuMemAllocPitch(CUdeviceptr address, long[] pitch, long width, long height, int elementBytes)
            throws CudaError {
        var context = cuda.contexts().current();
        if (elementBytes != 4 && elementBytes != 8 && elementBytes != 16) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        DeviceMemory.Pitched memory = cuda.memory().allocate(context, width, height);
        Pointers.setAddress(address, memory.address());
        pitch[0] = memory.pitch();
    }

    void cuMemFree(CUdeviceptr address) throws CudaError {
        cuda.frees().free(cuda.contexts().current(), Pointers.value(address));
    }

    void cuMemGetInfo(long[] free, long[] total) throws CudaError {
        Call.MemInfo.Result info = cuda.contexts().memory(cuda.contexts().current());
        free[0] = info.free();
        total[0] = info.total();
    }

    void cuMemGetAddressRange(@Nullable CUdeviceptr base, long @Nullable [] bytes, CUdeviceptr address)
            throws CudaError {
        cuda.contexts().current();
        PointerFacts range = PointerFacts.of(cuda, Pointers.value(address));
        if (range == null || range.kind() == PointerFacts.Kind.HOST) {
            throw new CudaError(CudaResult.NOT_FOUND);
        }
        if (base != null) {
            Pointers.setAddress(base, range.base());
        }
        if (bytes != null) {
            bytes[0] = range.bytes();
        }
    }
}
