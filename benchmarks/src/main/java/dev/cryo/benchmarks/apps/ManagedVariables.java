package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuMemAllocManaged;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuModuleGetGlobal;
import static jcuda.driver.JCudaDriver.cuModuleUnload;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;

/**
 * Variables of a module that the host uses too ({@code __managed__}): scalars, an array and a pointer, with first
 * values, that both sides change in turns; the module is unloaded and loaded again. All is compared with a model.
 *
 * <p>Options: {@code --steps 20 --step-ms 50 --seed 1}.
 */
public final class ManagedVariables implements Program.Body {
    private static final int COUNT = 3000;
    private static final int FIRST_STEPS = 100;

    private final Gpu gpu = new Gpu();
    private final CUstream stream = Gpu.stream();
    private final Random random;
    private final CUdeviceptr total = new CUdeviceptr();
    private final int[] expected = new int[COUNT];
    private CUmodule module = new CUmodule();
    private ByteBuffer counter = ByteBuffer.allocate(0);
    private ByteBuffer scale = ByteBuffer.allocate(0);
    private ByteBuffer table = ByteBuffer.allocate(0);
    private ByteBuffer chosen = ByteBuffer.allocate(0);
    private int expectedCounter;
    private double expectedScale;
    private int expectedSteps;
    private int chosenIndex;

    private ManagedVariables(Options options) throws IOException {
        random = new Random(options.number("seed"));
        check(cuMemAllocManaged(total, Integer.BYTES, 1));
        load();
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(args, ManagedVariables::new, "steps", "20", "step-ms", "50", "seed", "1");
    }

    private void load() throws IOException {
        module = Gpu.load("managed");
        counter = variable("counter", Integer.BYTES);
        scale = variable("scale", Double.BYTES);
        table = variable("table", COUNT * Integer.BYTES);
        chosen = variable("chosen", Long.BYTES);
        expectedCounter = 7;
        expectedScale = 1.5;
        expectedSteps = FIRST_STEPS;
        Arrays.fill(expected, 0);
        for (int i = 0; i < 3; i++) {
            expected[i] = i + 1;
        }
        Program.check(chosen.getLong(0) == 0, "the pointer does not begin as null");
        choose(0);
        verify();
    }

    private ByteBuffer variable(String name, int bytes) {
        CUdeviceptr address = address(name, bytes);
        return address.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    }

    private CUdeviceptr address(String name, int bytes) {
        CUdeviceptr address = new CUdeviceptr();
        long[] size = new long[1];
        check(cuModuleGetGlobal(address, size, module, name));
        Program.check(size[0] == bytes, "variable " + name + " has " + size[0] + " bytes");
        return address;
    }

    @Override
    public void step(int step) throws IOException {
        verify();
        change();
        Gpu.launch(Gpu.function(module, "advance"), COUNT, stream, of(step));
        check(cuStreamSynchronize(stream));
        expectedCounter += step;
        expectedScale += 0.25;
        expectedSteps++;
        for (int i = 0; i < COUNT; i++) {
            expected[i] = expected[i] * 31 + (step ^ i);
        }
        verify();
        change();
        Gpu.launch(Gpu.function(module, "sum"), 1, stream, of(total));
        int value = random.nextInt();
        Gpu.launch(Gpu.function(module, "follow"), 1, stream, of(value));
        check(cuStreamSynchronize(stream));
        int sum = total.getByteBuffer().order(ByteOrder.nativeOrder()).getInt(0);
        Program.check(sum == sum(), "the sum is " + sum + ", expected " + sum());
        expected[chosenIndex] = value;
        if (step % 7 == 0) {
            verify();
            check(cuModuleUnload(module));
            load();
        }
    }

    private int sum() {
        int sum = expectedCounter + (int) (expectedScale * 4) + expectedSteps;
        for (int value : expected) {
            sum += value;
        }
        return sum;
    }

    /** As the host sees them, and as a copy from the device does. */
    private void verify() {
        Program.check(counter.getInt(0) == expectedCounter, "the counter is " + counter.getInt(0));
        Program.check(scale.getDouble(0) == expectedScale, "the scale is " + scale.getDouble(0));
        int[] values = new int[COUNT];
        table.asIntBuffer().get(values);
        Program.checkEqual("table", expected, values);
        int[] copied = new int[COUNT];
        check(cuMemcpyDtoH(Pointer.to(copied), address("table", COUNT * Integer.BYTES), COUNT * (long) Integer.BYTES));
        Program.checkEqual("copy of the table", expected, copied);
        long offset = chosen.getLong(0) - Gpu.address(address("table", COUNT * Integer.BYTES));
        Program.check(offset == 4L * chosenIndex, "the pointer is " + offset + " bytes into the table");
    }

    private void change() {
        int index = random.nextInt(COUNT);
        expected[index] = random.nextInt();
        table.putInt(index * Integer.BYTES, expected[index]);
        expectedCounter = random.nextInt();
        counter.putInt(0, expectedCounter);
        expectedScale = random.nextInt(1000) / 4.0;
        scale.putDouble(0, expectedScale);
        choose(random.nextInt(COUNT));
    }

    private void choose(int index) {
        chosenIndex = index;
        long at = Gpu.address(address("table", COUNT * Integer.BYTES));
        chosen.putLong(0, at + 4L * index);
    }

    @Override
    public String finish() {
        verify();
        check(cuModuleUnload(module));
        check(cuMemFree(total));
        return new Digest().add(expected).hex();
    }

    @Override
    public void close() {
        gpu.close();
    }
}
