package dev.cryo.benchmarks.unified;

import static dev.cryo.benchmarks.unified.Gpu.check;
import static dev.cryo.benchmarks.unified.Gpu.hint;
import static jcuda.driver.JCudaDriver.cuMemAllocManaged;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemPrefetchAsync;
import static jcuda.driver.JCudaDriver.cuStreamAttachMemAsync;

import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmemAttach_flags;
import jcuda.driver.CUstream;

/**
 * Numbers in unified memory.
 *
 * @param memory what kernels take
 * @param values what the host reads and writes, while no work runs that may use them
 */
record ManagedDoubles(CUdeviceptr memory, DoubleBuffer values) {
    /** Allocates with a flag of {@link CUmemAttach_flags}. */
    static ManagedDoubles allocate(int count, int attached) {
        var memory = new CUdeviceptr();
        long bytes = (long) count * Double.BYTES;
        check(cuMemAllocManaged(memory, bytes, attached));
        DoubleBuffer values = memory.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder()).asDoubleBuffer();
        return new ManagedDoubles(memory, values);
    }

    long bytes() {
        return (long) values.capacity() * Double.BYTES;
    }

    /** Lets only work of this stream use it, beside the host. */
    void attachTo(CUstream stream) {
        check(cuStreamAttachMemAsync(stream, memory, 0, CUmemAttach_flags.CU_MEM_ATTACH_SINGLE));
    }

    /** Lets no work use it, once this stream has come to here. */
    void attachToHost(CUstream stream) {
        check(cuStreamAttachMemAsync(stream, memory, 0, CUmemAttach_flags.CU_MEM_ATTACH_HOST));
    }

    void prefetch(CUdevice to, CUstream stream) {
        hint(cuMemPrefetchAsync(memory, bytes(), to, stream));
    }

    void free() {
        check(cuMemFree(memory));
    }
}
