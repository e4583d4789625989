package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;

/**
 * One allocation of unified memory that is larger than a buffer can be, and of which only a few values far from each
 * other are used: by threads, through buffers of both byte orders, and by a kernel. All is compared with a model.
 *
 * <p>Options: {@code --steps 10 --step-ms 20 --seed 1 --threads 4 --mib 3072 --values 96}.
 */
public final class UnifiedLarge implements Program.Body {
    private static final int LARGEST_BUFFER = Integer.MAX_VALUE - 8;

    private final Gpu gpu = new Gpu();
    private final CUstream stream = Gpu.stream();
    private final CUfunction scatter;
    private final Random random;
    private final int threads;
    private final ExecutorService executor;
    private final long bytes;
    private final CUdeviceptr memory;
    /** From each value to the next; the last is the last of the memory. */
    private final long stride;
    private final long first;
    private final int[] expected;

    private UnifiedLarge(Options options) throws IOException {
        scatter = Gpu.function(Gpu.load("unified"), "scatter");
        random = new Random(options.number("seed"));
        threads = options.count("threads");
        executor = Executors.newFixedThreadPool(threads);
        bytes = (long) options.count("mib") << 20;
        expected = new int[options.count("values")];
        stride = bytes / expected.length / Integer.BYTES * Integer.BYTES;
        first = bytes - stride * (expected.length - 1) - Integer.BYTES;
        memory = Gpu.allocateManaged(bytes, stream);
        for (int i = 0; i < expected.length; i++) {
            write(i);
        }
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(
                args,
                UnifiedLarge::new,
                "steps", "10", "step-ms", "20", "seed", "1", "threads", "4", "mib", "3072", "values", "96");
    }

    @Override
    public void step(int step) throws Exception {
        long[] seeds = random.longs(threads).toArray();
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int thread = i;
            running.add(executor.submit(() -> use(thread, new Random(seeds[thread]))));
        }
        for (Future<?> each : running) {
            try {
                Object unused = each.get();
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        }
        Gpu.launch(
                scatter,
                expected.length,
                stream,
                of(memory.withByteOffset(first)),
                of(stride / Integer.BYTES),
                of(expected.length),
                of(step));
        check(cuStreamSynchronize(stream));
        for (int i = 0; i < expected.length; i++) {
            expected[i] = expected[i] * 31 + (step ^ i);
        }
        verify(random.nextInt(expected.length));
    }

    /** Of every so many values, one is a thread's own. */
    private void use(int thread, Random chosen) {
        for (int i = thread; i < expected.length; i += threads) {
            verify(i);
            if (chosen.nextBoolean()) {
                expected[i] = chosen.nextInt();
                write(i);
            }
        }
    }

    private ByteBuffer buffer(int index) {
        long offset = first + index * stride;
        return index % 2 == 0
                ? memory.getByteBuffer(offset, Integer.BYTES)
                : memory.withByteOffset(offset - 8).getByteBuffer(8, Integer.BYTES).duplicate();
    }

    private void write(int index) {
        if (index % 3 == 0) {
            buffer(index).order(ByteOrder.BIG_ENDIAN).putInt(0, Integer.reverseBytes(expected[index]));
        } else {
            buffer(index).order(ByteOrder.LITTLE_ENDIAN).putInt(0, expected[index]);
        }
    }

    private void verify(int index) {
        int little = buffer(index).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(0);
        int big = Integer.reverseBytes(buffer(index).order(ByteOrder.BIG_ENDIAN).slice().getInt(0));
        if (little != expected[index] || big != expected[index]) {
            throw new Program.Failed(
                    "value " + index + " is " + little + " and " + big + ", expected " + expected[index]);
        }
    }

    @Override
    public String finish() {
        for (int i = 0; i < expected.length; i++) {
            verify(i);
        }
        Program.check(
                memory.getByteBuffer().capacity() == Math.min(bytes, LARGEST_BUFFER),
                "the buffer of all memory has " + memory.getByteBuffer().capacity() + " bytes");
        try {
            Program.check(memory.getByteBuffer(bytes - 3, 4) == null, "a buffer reaches beyond the memory");
            throw new Program.Failed("a buffer beyond the memory is not refused");
        } catch (IllegalArgumentException e) {
            check(cuMemFree(memory));
        }
        return new Digest().add(expected).hex();
    }

    @Override
    public void close() {
        executor.close();
        gpu.close();
    }
}
