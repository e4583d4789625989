package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.CU_MEMHOSTALLOC_DEVICEMAP;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuMemHostGetDevicePointer;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuModuleGetGlobal;
import static jcuda.driver.JCudaDriver.cuModuleUnload;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;

/**
 * Page-locked host memory that both sides write, variables of a module that kernels change, the module unloaded and
 * loaded again, memory freed and reused, timed events, pitched memory. All is compared with the CPU after every step.
 *
 * <p>Options: {@code --steps 20 --step-ms 100 --seed 1}.
 */
public final class PinnedAndGlobals implements Program.Body {
    private static final int HOST_COUNT = 5000;

    private final Gpu gpu = new Gpu();
    private final Blocks blocks;
    private final Pointer host = Gpu.allocateHost(HOST_COUNT * Integer.BYTES, CU_MEMHOSTALLOC_DEVICEMAP);
    private final IntBuffer hostInts = host.getByteBuffer(0, HOST_COUNT * Integer.BYTES)
            .order(ByteOrder.nativeOrder())
            .asIntBuffer();
    private final CUdeviceptr hostOnDevice = new CUdeviceptr();
    private final int[] hostExpected = new int[HOST_COUNT];
    private final CUevent start = Gpu.event(CUevent_flags.CU_EVENT_DEFAULT);
    private final CUevent stop = Gpu.event(CUevent_flags.CU_EVENT_DEFAULT);
    private CUmodule module;
    private GlobalsModel globals = new GlobalsModel();
    private int[] rectangle = new int[0];

    private PinnedAndGlobals(Options options) throws IOException {
        blocks = new Blocks(options.number("seed"));
        module = Gpu.load("globals");
        check(cuMemHostGetDevicePointer(hostOnDevice, host, 0));
        for (int i = 0; i < HOST_COUNT; i++) {
            hostInts.put(i, 0);
        }
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(args, PinnedAndGlobals::new, "steps", "20", "step-ms", "100", "seed", "1");
    }

    @Override
    public void step(int step) throws IOException {
        long began = System.nanoTime();
        check(cuEventRecord(start, null));
        moduleVariables(step);
        pageLocked(step);
        check(cuEventRecord(stop, null));
        check(cuEventSynchronize(stop));
        checkElapsed(began);
        blocks.step();
        rectangle = Rectangle.round(step, Gpu.function(module, "add_pitched"));
        if (step % 3 == 0) {
            check(cuModuleUnload(module));
            module = Gpu.load("globals");
            globals = new GlobalsModel();
            verifyVariables();
        }
    }

    private void moduleVariables(int step) {
        // What the step before left, before anything new is done to it.
        verifyVariables();
        Gpu.launch(Gpu.function(module, "advance"), GlobalsModel.COLUMNS, null, of(step));
        globals.advance(step);
        verifyVariables();
    }

    private void verifyVariables() {
        Program.checkEqual("counter", globals.counter, readGlobal("counter", 1));
        Program.checkEqual("table", globals.table, readGlobal("table", GlobalsModel.COLUMNS));
    }

    private int[] readGlobal(String name, int count) {
        var address = new CUdeviceptr();
        long[] size = new long[1];
        check(cuModuleGetGlobal(address, size, module, name));
        Program.check(size[0] == (long) count * Integer.BYTES, name + " has " + size[0] + " bytes");
        int[] values = new int[count];
        check(cuMemcpyDtoH(Pointer.to(values), address, size[0]));
        return values;
    }

    private void pageLocked(int step) {
        verifyHost("page-locked memory, left by the step before");
        for (int i = step % 10; i < HOST_COUNT; i += 10) {
            hostInts.put(i, step + i);
            hostExpected[i] = step + i;
        }
        CUfunction mixHost = Gpu.function(module, "mix_host");
        Gpu.launch(mixHost, HOST_COUNT, null, of(hostOnDevice), of(HOST_COUNT), of(step));
        GlobalsModel.mixHost(hostExpected, step);
        check(cuEventRecord(stop, null));
        check(cuEventSynchronize(stop));
        verifyHost("page-locked memory");
    }

    private void verifyHost(String what) {
        int[] actual = new int[HOST_COUNT];
        hostInts.get(0, actual);
        Program.checkEqual(what, hostExpected, actual);
    }

    private void checkElapsed(long began) {
        float[] elapsed = new float[1];
        check(cuEventElapsedTime(elapsed, start, stop));
        double wall = (System.nanoTime() - began) / 1e6;
        // The device's clock may tick apart from the host's by a little.
        Program.check(
                elapsed[0] >= 0 && elapsed[0] <= wall * 1.01 + 1,
                "the events are " + elapsed[0] + " ms apart, within " + wall + " ms on the host");
    }

    @Override
    public String finish() {
        var digest = new Digest().add(globals.table).add(globals.counter).add(hostExpected).add(rectangle);
        blocks.digestInto(digest);
        return digest.hex();
    }

    @Override
    public void close() {
        gpu.close();
    }
}
