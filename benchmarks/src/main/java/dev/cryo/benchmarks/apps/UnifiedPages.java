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
import jcuda.driver.CUmodule;

/**
 * Threads that use unified memory each in a random order of its own: host reads and writes, kernels that write, read
 * and follow pointers, copies, sets, prefetches, advice, frees. All is compared with a model on the CPU.
 *
 * <p>Options: {@code --steps 20 --step-ms 20 --seed 1 --threads 4 --operations 60}.
 */
public final class UnifiedPages implements Program.Body {
    private final Gpu gpu = new Gpu();
    private final List<UnifiedWorker> workers = new ArrayList<>();
    private final ExecutorService threads;
    private final int operations;

    private UnifiedPages(Options options) throws IOException {
        CUmodule module = Gpu.load("unified");
        operations = options.count("operations");
        int count = options.count("threads");
        threads = Executors.newFixedThreadPool(count);
        for (int i = 0; i < count; i++) {
            workers.add(new UnifiedWorker(gpu, module, options.number("seed") * 1000 + i));
        }
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(
                args,
                UnifiedPages::new,
                "steps", "20", "step-ms", "20", "seed", "1", "threads", "4", "operations", "60");
    }

    @Override
    public void step(int step) throws Exception {
        List<Future<?>> running = new ArrayList<>();
        for (UnifiedWorker worker : workers) {
            running.add(threads.submit(() -> worker.work(operations)));
        }
        for (Future<?> each : running) {
            try {
                Object unused = each.get();
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        }
    }

    @Override
    public String finish() {
        var digest = new Digest();
        workers.forEach(worker -> worker.end(digest));
        long[] free = new long[1];
        long[] total = new long[1];
        check(cuMemGetInfo(free, total));
        Program.check(free[0] == total[0], (total[0] - free[0]) + " bytes are not freed");
        return digest.hex();
    }

    @Override
    public void close() {
        threads.close(); // Whatever has failed, no thread may use memory that goes with the context.
        gpu.close();
    }
}
