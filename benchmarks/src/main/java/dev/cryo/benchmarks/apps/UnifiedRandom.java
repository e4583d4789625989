package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import jcuda.driver.CUmodule;

/**
 * A random program on unified memory, with every way that the host and the device have to use it, compared with plain
 * arrays all the time, while one more thread keeps the garbage collector busy.
 *
 * <p>Options: {@code --steps 20 --step-ms 0 --seed 1 --threads 4 --operations 100 --strict}. Each thread does so many
 * operations in a step. Strict is what CUDA allows everywhere: the host touches no region that queued work may use.
 */
public final class UnifiedRandom implements Program.Body {
    private static final int GARBAGE_BYTES = 128 << 10;
    private static final int GARBAGE_PER_COLLECTION = 40;

    private final Gpu gpu = new Gpu();
    private final List<RandomWorker> workers = new ArrayList<>();
    private final RandomShared shared;
    private final ExecutorService threads;
    private final int operations;
    private final long seed;
    private final long free;
    private final AtomicReference<byte[]> garbage = new AtomicReference<>();
    private volatile boolean closed;

    private UnifiedRandom(Options options) throws IOException {
        CUmodule module = Gpu.load("random");
        operations = options.count("operations");
        seed = options.number("seed");
        free = free();
        int count = options.count("threads");
        shared = new RandomShared(module, count);
        threads = Executors.newFixedThreadPool(count);
        for (int i = 0; i < count; i++) {
            workers.add(new RandomWorker(gpu, module, shared, i, seed, options.has("strict")));
        }
        Program.say("seed " + seed);
        Thread.ofPlatform().daemon().name("garbage").start(this::litter);
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(
                args,
                UnifiedRandom::new,
                "steps", "20", "step-ms", "0", "seed", "1", "threads", "4", "operations", "100", "strict", "false");
    }

    private void litter() {
        try {
            for (int i = 1; !closed; i++) {
                garbage.set(new byte[GARBAGE_BYTES]);
                if (i % GARBAGE_PER_COLLECTION == 0) {
                    System.gc();
                }
                Thread.sleep(1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void step(int step) throws Exception {
        List<Future<?>> running = new ArrayList<>();
        for (RandomWorker worker : workers) {
            running.add(threads.submit(() -> worker.work(operations)));
        }
        for (Future<?> each : running) {
            try {
                Object unused = each.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Program.Failed failed) {
                    throw new Program.Failed("seed " + seed + ", step " + step + ", " + failed.getMessage());
                }
                throw e;
            }
        }
        shared.verifyAll(step);
    }

    @Override
    public String finish() {
        var digest = new Digest();
        workers.forEach(worker -> worker.end(digest));
        shared.end(digest);
        Program.check(free() == free, (free - free()) + " bytes are not freed");
        return digest.hex();
    }

    private static long free() {
        long[] free = new long[1];
        check(cuMemGetInfo(free, new long[1]));
        return free[0];
    }

    @Override
    public void close() {
        closed = true;
        threads.close(); // Whatever has failed, no thread may use memory that goes with the context.
        gpu.close();
    }
}
