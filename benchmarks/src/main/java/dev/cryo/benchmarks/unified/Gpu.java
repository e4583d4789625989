package dev.cryo.benchmarks.unified;

import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuPointerGetAttribute;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUpointer_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.runtime.cudaError;
import org.jspecify.annotations.Nullable;

/** What both applications need of the driver API, and the check of each call's result. */
final class Gpu {
    private static final int BLOCK = 128;

    private Gpu() {}

    static void check(int result) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw new Run.Failed("a CUDA call answered " + CUresult.stringFor(result));
        }
    }

    static void checkRuntime(int result) {
        if (result != cudaError.cudaSuccess) {
            throw new Run.Failed("a CUDA call answered " + cudaError.stringFor(result));
        }
    }

    /** Checks a prefetch, which real devices without concurrent managed access refuse; it is but a hint. */
    static void hint(int result) {
        if (result != CUresult.CUDA_ERROR_INVALID_DEVICE) {
            check(result);
        }
    }

    /** Loads the PTX of this name from beside the classes. */
    static CUmodule load(String name) throws IOException {
        try (@Nullable InputStream in = Gpu.class.getResourceAsStream(name + ".ptx")) {
            if (in == null) {
                throw new IOException("resource " + name + ".ptx is missing beside " + Gpu.class.getName());
            }
            var module = new CUmodule();
            check(cuModuleLoadData(module, new String(in.readAllBytes(), StandardCharsets.US_ASCII)));
            return module;
        }
    }

    static CUfunction function(CUmodule module, String name) {
        var function = new CUfunction();
        check(cuModuleGetFunction(function, module, name));
        return function;
    }

    /** The address that the host and the device have memory at. */
    static long address(CUdeviceptr memory) {
        long[] address = new long[1];
        check(cuPointerGetAttribute(
                Pointer.to(address), CUpointer_attribute.CU_POINTER_ATTRIBUTE_DEVICE_POINTER, memory));
        return address[0];
    }

    /** Queues a kernel with enough blocks of {@value #BLOCK} for so many threads; {@link #of} makes each parameter. */
    static void launch(CUfunction function, int threads, CUstream stream, Pointer... parameters) {
        int blocks = (threads + BLOCK - 1) / BLOCK;
        check(cuLaunchKernel(function, blocks, 1, 1, BLOCK, 1, 1, 0, stream, Pointer.to(parameters), null));
    }

    static Pointer of(int value) {
        return Pointer.to(new int[] {value});
    }

    static Pointer of(long value) {
        return Pointer.to(new long[] {value});
    }

    static Pointer of(float value) {
        return Pointer.to(new float[] {value});
    }

    static Pointer of(CUdeviceptr memory) {
        return Pointer.to(memory);
    }
}
