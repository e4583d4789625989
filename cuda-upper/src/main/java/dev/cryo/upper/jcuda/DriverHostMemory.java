package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.arena.Block;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.HostMemory;
import dev.cryo.upper.cuda.Notices;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/** Page-locked host memory. */
record DriverHostMemory(Cuda cuda) {
    void cuMemAllocHost(Pointer pointer, long bytes) throws CudaError {
        allocate(pointer, bytes, 0);
    }

    void cuMemHostAlloc(Pointer pointer, long bytes, int flags) throws CudaError {
        allocate(pointer, bytes, flags);
    }

    private void allocate(Pointer pointer, long bytes, int flags) throws CudaError {
        long address = cuda.hostMemory().allocate(cuda.contexts().current(), bytes, flags);
        Pointers.setMemory(pointer, address, HostBuffers.over(address, bytes));
    }

    void cuMemFreeHost(Pointer pointer) throws CudaError {
        cuda.contexts().current();
        cuda.hostMemory().free(address(pointer));
    }

    void cuMemHostGetDevicePointer(CUdeviceptr device, Pointer pointer, int flags) throws CudaError {
        cuda.contexts().current();
        if (flags != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        find(pointer);
        Pointers.setAddress(device, address(pointer));
    }

    void cuMemHostGetFlags(int[] flags, Pointer pointer) throws CudaError {
        cuda.contexts().current();
        // With unified addressing all page-locked memory is mapped, and the driver says so.
        flags[0] = find(pointer).owner().flags() | HostMemory.DEVICEMAP;
    }

    void cuMemHostRegister(Pointer pointer, long bytes, int flags) throws CudaError {
        cuda.contexts().current();
        register(cuda, pointer, bytes, flags);
    }

    void cuMemHostUnregister(Pointer pointer) throws CudaError {
        cuda.contexts().current();
        cuda.registrations().remove(address(pointer));
    }

    static void register(Cuda cuda, Pointer pointer, long bytes, int flags) throws CudaError {
        boolean moves = HostPlaces.isJava(pointer) && !HostPlaces.memory(pointer).isNative();
        if (moves || cuda.hostMemory().find(address(pointer)) != null) {
            throw new CudaError(moves ? CudaResult.INVALID_VALUE : CudaResult.HOST_MEMORY_ALREADY_REGISTERED);
        }
        cuda.registrations().add(address(pointer), bytes, flags);
    }

    private Block<HostMemory.Locked> find(Pointer pointer) throws CudaError {
        return find(cuda, pointer);
    }

    static Block<HostMemory.Locked> find(Cuda cuda, Pointer pointer) throws CudaError {
        Block<HostMemory.Locked> block = cuda.hostMemory().find(address(pointer));
        if (block == null && cuda.registrations().contains(address(pointer))) {
            Notices.sayOnce("a device pointer to registered host memory is not supported; allocate it with "
                    + "cuMemHostAlloc or cudaHostAlloc");
            throw new CudaError(CudaResult.NOT_SUPPORTED);
        }
        if (block == null) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        return block;
    }

    /** The address of memory of which the pointer may also be one to a buffer. */
    static long address(Pointer pointer) {
        if (HostPlaces.isJava(pointer) && HostPlaces.memory(pointer).isNative()) {
            return HostPlaces.memory(pointer).address() + Pointers.offset(pointer);
        }
        return Pointers.value(pointer);
    }
}
