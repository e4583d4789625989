package dev.cryo.benchmarks.unified;

import static dev.cryo.benchmarks.unified.Gpu.check;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import jcuda.Pointer;
import jcuda.driver.CUdevice;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/** A host thread's way to do products: its own stream. Belongs to one thread at a time. */
final class Lane {
    private final CUstream stream = new CUstream();
    private final CUdevice device;
    private final CUfunction product;
    /** Seldom written, used by all lanes. */
    private final ManagedDoubles scale;

    Lane(CUdevice device, CUfunction product, ManagedDoubles scale) {
        this.device = device;
        this.product = product;
        this.scale = scale;
        check(cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
    }

    /** Does a product on the device; afterwards the host may use all three until the next product with them. */
    void onDevice(ManagedDoubles matrix, ManagedDoubles vector, ManagedDoubles result) {
        matrix.attachTo(stream);
        vector.attachTo(stream);
        result.attachTo(stream);
        matrix.prefetch(device, stream);
        int rows = vector.values().capacity();
        Gpu.launch(
                product,
                rows,
                stream,
                Gpu.of(matrix.memory()),
                Gpu.of(vector.memory()),
                Gpu.of(scale.memory()),
                Gpu.of(result.memory()),
                Pointer.to(new int[] {rows}));
        result.prefetch(JCudaDriver.CU_DEVICE_CPU, stream);
        synchronize();
    }

    /** Takes memory away from the device, so that the host may use it whatever runs. */
    void toHost(ManagedDoubles... memory) {
        for (ManagedDoubles each : memory) {
            each.attachToHost(stream);
        }
        synchronize();
    }

    private void synchronize() {
        check(cuStreamSynchronize(stream));
    }

    void destroy() {
        check(cuStreamDestroy(stream));
    }
}
