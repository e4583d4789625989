package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static jcuda.runtime.JCuda.cudaDeviceReset;
import static jcuda.runtime.JCuda.cudaDeviceSynchronize;
import static jcuda.runtime.JCuda.cudaFree;
import static jcuda.runtime.JCuda.cudaGetLastError;
import static jcuda.runtime.JCuda.cudaMalloc;
import static jcuda.runtime.JCuda.cudaMemcpy;
import static jcuda.runtime.JCuda.cudaPeekAtLastError;
import static jcuda.runtime.JCuda.cudaSetDevice;

import java.io.IOException;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.runtime.cudaError;
import jcuda.runtime.cudaMemcpyKind;

/**
 * A kernel writes to an address that belongs to nothing. The error must appear at the next synchronisation and stay:
 * every later call of the context answers it. In the driver's form a new context works again after the broken one is
 * destroyed; with {@code --runtime}, cudaGetLastError does not clear it and cudaDeviceReset does, while an ordinary
 * error (too large an allocation) is cleared by cudaGetLastError. Both forms run with {@code --both}.
 *
 * <p>Options: {@code --steps 1 --step-ms 0 --runtime --both}.
 */
public final class StickyError implements Program.Body {
    /** No CUDA allocation lies in the first page. */
    private static final long NOWHERE = 16;

    private final boolean driver;
    private final boolean runtime;
    private final Digest digest = new Digest();

    private StickyError(Options options) {
        runtime = options.has("runtime") || options.has("both");
        driver = !options.has("runtime") || options.has("both");
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(args, StickyError::new, "steps", "1", "step-ms", "0", "runtime", "false", "both", "false");
    }

    @Override
    public void step(int step) throws IOException {
        if (driver) {
            driverForm();
        }
        if (runtime) {
            runtimeForm();
        }
    }

    private void driverForm() throws IOException {
        var broken = new Gpu();
        CUfunction write = Gpu.function(Gpu.load("wild"), "write_wild");
        CUdeviceptr memory = Gpu.allocate(Integer.BYTES);
        expectMemory(write, memory);

        launch(write, of(NOWHERE));
        int bad = CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
        expect("cuCtxSynchronize", bad, cuCtxSynchronize());
        expect("cuCtxSynchronize again", bad, cuCtxSynchronize());
        expect("cuMemAlloc", bad, cuMemAlloc(new CUdeviceptr(), 4));
        expect("cuMemcpyDtoH", bad, cuMemcpyDtoH(Pointer.to(new int[1]), memory, 4));
        expect("cuStreamCreate", bad, cuStreamCreate(new CUstream(), 0));
        expect("cuStreamSynchronize", bad, cuStreamSynchronize(null));
        // Whether the end of a broken context itself answers the error differs between drivers.
        int destroyed = broken.destroy();
        Program.check(destroyed == 0 || destroyed == bad, "cuCtxDestroy answered " + CUresult.stringFor(destroyed));

        try (var gpu = new Gpu()) {
            gpu.enter();
            expectMemory(Gpu.function(Gpu.load("wild"), "write_wild"), Gpu.allocate(Integer.BYTES));
        }
    }

    /** The kernel works with an address that is allocated. */
    private static void expectMemory(CUfunction write, CUdeviceptr memory) {
        launch(write, of(memory));
        int[] value = new int[1];
        Gpu.check(cuMemcpyDtoH(Pointer.to(value), memory, Integer.BYTES));
        Program.checkEqual("what the kernel wrote", new int[] {42}, value);
    }

    private void runtimeForm() throws IOException {
        expect("cudaSetDevice", 0, cudaSetDevice(0));
        expect("cudaFree of nothing", 0, cudaFree(new Pointer()));
        CUfunction write = Gpu.function(Gpu.load("wild"), "write_wild");

        int tooLarge = cudaError.cudaErrorMemoryAllocation;
        expect("cudaMalloc of 2^50 bytes", tooLarge, cudaMalloc(new Pointer(), 1L << 50));
        expect("cudaPeekAtLastError", tooLarge, cudaPeekAtLastError());
        expect("cudaGetLastError", tooLarge, cudaGetLastError());
        expect("cudaGetLastError after it cleared", 0, cudaGetLastError());

        var memory = new CUdeviceptr();
        expect("cudaMalloc", 0, cudaMalloc(memory, Integer.BYTES));
        launch(write, of(NOWHERE));
        int bad = cudaError.cudaErrorIllegalAddress;
        expect("cudaDeviceSynchronize", bad, cudaDeviceSynchronize());
        expect("cudaGetLastError", bad, cudaGetLastError());
        expect("cudaMalloc of a broken context", bad, cudaMalloc(new Pointer(), 4));
        int[] value = new int[1];
        int kind = cudaMemcpyKind.cudaMemcpyDeviceToHost;
        expect("cudaMemcpy of a broken context", bad, cudaMemcpy(Pointer.to(value), memory, 4, kind));
        expect("cudaGetLastError, not cleared", bad, cudaGetLastError());
        // Whether the reset itself answers the error differs between drivers; after it the device works.
        int reset = cudaDeviceReset();
        Program.check(reset == 0 || reset == bad, "cudaDeviceReset answered " + cudaError.stringFor(reset));
        cudaGetLastError();
        afterReset();
    }

    private void afterReset() throws IOException {
        expect("cudaSetDevice after the reset", 0, cudaSetDevice(0));
        var memory = new CUdeviceptr();
        expect("cudaMalloc after the reset", 0, cudaMalloc(memory, Integer.BYTES));
        expectMemory(Gpu.function(Gpu.load("wild"), "write_wild"), memory);
        expect("cudaDeviceReset", 0, cudaDeviceReset());
        expect("cudaGetLastError at the end", 0, cudaGetLastError());
    }

    private static void launch(CUfunction write, Pointer address) {
        Gpu.check(cuLaunchKernel(write, 1, 1, 1, 1, 1, 1, 0, null, Pointer.to(address), null));
    }

    private void expect(String call, int expected, int actual) {
        digest.add(actual);
        Program.check(expected == actual, call + " answered " + actual + ", expected " + expected);
    }

    @Override
    public String finish() {
        return digest.hex();
    }

    @Override
    public void close() {}
}
