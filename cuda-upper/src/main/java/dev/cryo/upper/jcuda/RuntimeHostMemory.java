package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import jcuda.Pointer;

/** Page-locked host memory. */
record RuntimeHostMemory(Cuda cuda) {
    void cudaMallocHost(Pointer pointer, long bytes) throws CudaError {
        allocate(pointer, bytes, 0);
    }

    void cudaHostAlloc(Pointer pointer, long bytes, int flags) throws CudaError {
        allocate(pointer, bytes, flags);
    }

    private void allocate(Pointer pointer, long bytes, int flags) throws CudaError {
        Context current = cuda.runtime().current();
        if (bytes == 0) {
            Pointers.setAddress(pointer, 0);
            return;
        }
        long address = cuda.hostMemory().allocate(current, bytes, flags);
        Pointers.setMemory(pointer, address, HostBuffers.over(address, bytes));
    }

    void cudaFreeHost(Pointer pointer) throws CudaError {
        cuda.runtime().current();
        long address = DriverHostMemory.address(pointer);
        if (address != 0) {
            cuda.hostMemory().free(address);
        }
    }

    void cudaHostRegister(Pointer pointer, long bytes, int flags) throws CudaError {
        cuda.runtime().current();
        DriverHostMemory.register(cuda, pointer, bytes, flags);
    }

    void cudaHostUnregister(Pointer pointer) throws CudaError {
        cuda.runtime().current();
        cuda.registrations().remove(DriverHostMemory.address(pointer));
    }

    void cudaHostGetDevicePointer(Pointer device, Pointer pointer, int flags) throws CudaError {
        cuda.runtime().current();
        if (flags != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        DriverHostMemory.find(cuda, pointer);
        Pointers.setAddress(device, DriverHostMemory.address(pointer));
    }
}
