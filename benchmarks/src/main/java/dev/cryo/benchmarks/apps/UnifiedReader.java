package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;

/**
 * Does nothing but let a kernel write unified memory and read it, so that it often waits for pages; a second thread
 * keeps the garbage collector busy.
 *
 * <p>Options: {@code --steps 1000 --step-ms 0}.
 */
public final class UnifiedReader implements Program.Body {
    private static final int COUNT = 1 << 20;

    /** So far apart that each lies in a page of its own. */
    private static final int STRIDE = 1100;

    private final int[] expected = new int[COUNT / STRIDE + 1];
    private final Gpu gpu = new Gpu();
    private final CUstream stream = Gpu.stream();
    private final CUfunction mix;
    private final CUdeviceptr memory;
    private final IntBuffer ints;
    private volatile Object garbage = new Object();

    private UnifiedReader() throws IOException {
        mix = Gpu.function(Gpu.load("unified"), "mix");
        memory = Gpu.allocateManaged((long) COUNT * Integer.BYTES, stream);
        ints = memory.getByteBuffer(0, (long) COUNT * Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .asIntBuffer();
        for (int i = 0; i < COUNT; i++) {
            ints.put(i, 0);
        }
        Thread.ofPlatform().daemon().start(() -> {
            while (true) {
                garbage = new byte[1 << 16];
            }
        });
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(args, options -> new UnifiedReader(), "steps", "1000", "step-ms", "0");
    }

    @Override
    public void step(int step) {
        Gpu.launch(mix, COUNT, stream, Pointer.to(memory), of(COUNT), of(step));
        check(cuStreamSynchronize(stream));
        for (int i = 0; i < COUNT; i += STRIDE) {
            expected[i / STRIDE] = expected[i / STRIDE] * 31 + (step ^ i);
            Program.check(ints.get(i) == expected[i / STRIDE], "memory holds " + ints.get(i) + " at " + i);
        }
    }

    @Override
    public String finish() {
        return new Digest().add(expected).hex() + (garbage == null ? " without garbage" : "");
    }

    @Override
    public void close() {
        gpu.close();
    }
}
