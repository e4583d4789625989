package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemsetD32;

import java.io.IOException;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;

/** Device state that counts the steps, for applications whose interest lies elsewhere. */
final class DeviceCounter implements AutoCloseable {
    private static final int COUNT = 1000;

    private final Gpu gpu = new Gpu();
    private final CUfunction countUp;
    private final CUdeviceptr counters;

    DeviceCounter() throws IOException {
        countUp = Gpu.function(Gpu.load("counter"), "count_up");
        counters = Gpu.allocate(COUNT * Integer.BYTES);
        check(cuMemsetD32(counters, 0, COUNT));
    }

    /** Counts on the device and verifies that the device remembers all steps so far. */
    int[] step(int step) {
        Gpu.launch(countUp, COUNT, null, of(counters), of(COUNT));
        int[] actual = new int[COUNT];
        check(cuMemcpyDtoH(Pointer.to(actual), counters, COUNT * Integer.BYTES));
        int[] expected = new int[COUNT];
        for (int i = 0; i < COUNT; i++) {
            expected[i] = step * (i + 1);
        }
        Program.checkEqual("device counter", expected, actual);
        return actual;
    }

    @Override
    public void close() {
        gpu.close();
    }
}
