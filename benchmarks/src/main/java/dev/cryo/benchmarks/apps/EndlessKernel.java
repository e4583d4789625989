package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.CU_MEMHOSTALLOC_DEVICEMAP;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemHostGetDevicePointer;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD32;
import static jcuda.driver.JCudaDriver.cuStreamQuery;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;

/**
 * A kernel that spins until a flag is set. The flag is page-locked host memory which the host writes, or with
 * {@code --global} device memory which a copy on another stream writes. Each step launches it, sleeps {@code --spin-ms}
 * while it must not end, sets the flag and waits for the end; {@code spinning} is printed once it runs.
 *
 * <p>Options: {@code --steps 1 --step-ms 0 --spin-ms 5000 --global}.
 */
public final class EndlessKernel implements Program.Body {
    private static final VarHandle INT =
            MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder()).withInvokeExactBehavior();

    private final Gpu gpu = new Gpu();
    private final boolean global;
    private final int spinMs;
    private final CUfunction spin;
    private final CUstream spinning = Gpu.stream();
    private final CUstream telling = Gpu.stream();
    private final Pointer hostFlag = Gpu.allocateHost(Integer.BYTES, CU_MEMHOSTALLOC_DEVICEMAP);
    private final ByteBuffer hostFlagBytes = hostFlag.getByteBuffer(0, Integer.BYTES);
    private final CUdeviceptr flag;
    private final CUdeviceptr seen = Gpu.allocate(Integer.BYTES);
    private final Digest digest = new Digest();

    private EndlessKernel(Options options) throws IOException {
        global = options.has("global");
        spinMs = options.count("spin-ms");
        spin = Gpu.function(Gpu.load("endless"), "spin");
        if (global) {
            flag = Gpu.allocate(Integer.BYTES);
        } else {
            flag = new CUdeviceptr();
            check(cuMemHostGetDevicePointer(flag, hostFlag, 0));
        }
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(
                args, EndlessKernel::new, "steps", "1", "step-ms", "0", "spin-ms", "5000", "global", "false");
    }

    @Override
    public void step(int step) throws InterruptedException {
        INT.setVolatile(hostFlagBytes, 0, 0);
        if (global) {
            check(cuMemsetD32(flag, 0, 1));
        }
        check(cuMemsetD32(seen, 0, 1));
        Pointer parameters = Pointer.to(of(flag), of(seen));
        check(cuLaunchKernel(spin, 1, 1, 1, 1, 1, 1, 0, spinning, parameters, null));
        Program.say("spinning");
        long deadline = System.nanoTime() + spinMs * 1_000_000L;
        while (System.nanoTime() < deadline) {
            int result = cuStreamQuery(spinning);
            Program.check(
                    result == CUresult.CUDA_ERROR_NOT_READY,
                    "the flag is not set, and the stream answers " + CUresult.stringFor(result));
            Thread.sleep(50);
        }
        INT.setVolatile(hostFlagBytes, 0, step);
        if (global) {
            check(cuMemcpyHtoDAsync(flag, hostFlag, Integer.BYTES, telling));
        }
        check(cuStreamSynchronize(spinning));
        int[] value = new int[1];
        check(cuMemcpyDtoH(Pointer.to(value), seen, Integer.BYTES));
        Program.checkEqual("what the kernel saw", new int[] {step}, value);
        digest.add(value);
    }

    @Override
    public String finish() {
        return digest.hex();
    }

    @Override
    public void close() {
        gpu.close();
    }
}
