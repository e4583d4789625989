package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.DeviceMemory;
import dev.cryo.upper.cuda.PointerFacts;
import jcuda.Pointer;
import jcuda.runtime.cudaExtent;
import jcuda.runtime.cudaMemoryType;
import jcuda.runtime.cudaPitchedPtr;
import jcuda.runtime.cudaPointerAttributes;
import org.jspecify.annotations.Nullable;

/** Device memory, and what is known of pointers. */
record RuntimeMemory(Cuda cuda) {
    void cudaMalloc(Pointer pointer, long bytes) throws CudaError {
        Context current = cuda.runtime().current();
        Pointers.setAddress(pointer, bytes == 0 ? 0 : cuda.memory().allocate(current, bytes));
    }

    void cudaMallocPitch(Pointer pointer, long[] pitch, long width, long height) throws CudaError {
        Context current = cuda.runtime().current();
        if (width == 0 || height == 0) {
            Pointers.setAddress(pointer, 0);
            pitch[0] = 0;
            return;
        }
        DeviceMemory.Pitched memory = cuda.memory().allocate(current, width, height);
        Pointers.setAddress(pointer, memory.address());
        pitch[0] = memory.pitch();
    }

    void cudaMalloc3D(cudaPitchedPtr pitched, cudaExtent extent) throws CudaError {
        Context current = cuda.runtime().current();
        if (extent.height < 0 || extent.depth < 0 || Math.multiplyHigh(extent.height, extent.depth) != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        pitched.xsize = extent.width;
        pitched.ysize = extent.height;
        long rows = extent.height * extent.depth;
        if (extent.width == 0 || rows == 0) {
            Pointers.setAddress(pitched.ptr, 0);
            pitched.pitch = 0;
            return;
        }
        DeviceMemory.Pitched memory = cuda.memory().allocate(current, extent.width, rows);
        Pointers.setAddress(pitched.ptr, memory.address());
        pitched.pitch = memory.pitch();
    }

    void cudaFree(Pointer pointer) throws CudaError {
        Context current = cuda.runtime().current();
        long address = Pointers.value(pointer);
        if (address != 0) {
            cuda.frees().free(current, address);
        }
    }

    void cudaMemGetInfo(long[] free, long[] total) throws CudaError {
        Call.MemInfo.Result info = cuda.contexts().memory(cuda.runtime().current());
        free[0] = info.free();
        total[0] = info.total();
    }

    void cudaPointerGetAttributes(cudaPointerAttributes attributes, Pointer pointer) throws CudaError {
        cuda.runtime().current();
        long address = DriverHostMemory.address(pointer);
        PointerFacts facts = PointerFacts.of(cuda, address);
        int type = type(facts);
        attributes.type = type;
        attributes.memoryType = type;
        attributes.isManaged = type == cudaMemoryType.cudaMemoryTypeManaged ? 1 : 0;
        attributes.device = facts == null ? -2 : facts.context().device();
        Pointers.setAddress(attributes.devicePointer, facts == null ? 0 : address);
        Pointers.setAddress(attributes.hostPointer, facts != null && !facts.isHost() ? 0 : address);
    }

    private static int type(@Nullable PointerFacts facts) {
        if (facts == null) {
            return cudaMemoryType.cudaMemoryTypeUnregistered;
        }
        return switch (facts.kind()) {
            case DEVICE -> cudaMemoryType.cudaMemoryTypeDevice;
            case HOST -> cudaMemoryType.cudaMemoryTypeHost;
            case UNIFIED -> cudaMemoryType.cudaMemoryTypeManaged;
        };
    }
}
