package dev.cryo.benchmarks.unified;

import static dev.cryo.benchmarks.unified.Gpu.checkRuntime;
import static dev.cryo.benchmarks.unified.Gpu.hint;
import static jcuda.runtime.JCuda.cudaFree;
import static jcuda.runtime.JCuda.cudaMallocManaged;
import static jcuda.runtime.JCuda.cudaMemAttachGlobal;
import static jcuda.runtime.JCuda.cudaMemPrefetchAsync;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.driver.CUdeviceptr;
import jcuda.runtime.cudaStream_t;

/**
 * Unified memory of the runtime API.
 *
 * @param memory what kernels take
 * @param address that the host and the device have it at
 * @param bytes what the host reads and writes, while no work runs
 */
record ManagedRegion(CUdeviceptr memory, long address, ByteBuffer bytes) {
    static ManagedRegion allocate(long size) {
        var memory = new CUdeviceptr();
        checkRuntime(cudaMallocManaged(memory, size, cudaMemAttachGlobal));
        ByteBuffer bytes = memory.getByteBuffer(0, size).order(ByteOrder.nativeOrder());
        return new ManagedRegion(memory, Gpu.address(memory), bytes);
    }

    long size() {
        return bytes.capacity();
    }

    /** Brings it to a device, or to the host by {@code cudaCpuDeviceId}. */
    void prefetch(int device, cudaStream_t stream) {
        hint(cudaMemPrefetchAsync(memory, size(), device, stream));
    }

    void free() {
        checkRuntime(cudaFree(memory));
    }
}
