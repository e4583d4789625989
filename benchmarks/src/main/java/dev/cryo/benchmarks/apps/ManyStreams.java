package dev.cryo.benchmarks.apps;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReferenceArray;
import jcuda.driver.CUevent;
import jcuda.driver.CUmodule;

/**
 * Eight threads, each on a stream of its own with its own buffers, issue small kernels, copies, sets, events, waits and
 * synchronisations in a random order fixed by {@code --seed}; every word is compared after every step.
 *
 * <p>Options: {@code --threads 8 --steps 20 --step-ms 100 --operations 100 --seed 1}.
 */
public final class ManyStreams implements Program.Body {
    private final Gpu gpu = new Gpu();
    private final int operations;
    private final ExecutorService threads;
    private final List<StreamWorker> workers = new ArrayList<>();

    private ManyStreams(Options options) throws IOException {
        int count = options.count("threads");
        operations = options.count("operations");
        threads = Executors.newFixedThreadPool(count, it -> {
            Thread thread = new Thread(it, "stream worker");
            thread.setDaemon(true);
            return thread;
        });
        CUmodule module = Gpu.load("streams");
        var doneOfAll = new AtomicReferenceArray<CUevent>(count);
        for (int i = 0; i < count; i++) {
            workers.add(new StreamWorker(i, options.number("seed"), module, doneOfAll));
        }
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Program.main(
                args,
                ManyStreams::new,
                "threads", "8", "steps", "20", "step-ms", "100", "operations", "100", "seed", "1");
    }

    @Override
    public void step(int step) throws InterruptedException {
        List<Future<?>> running = new ArrayList<>();
        for (StreamWorker worker : workers) {
            running.add(threads.submit(() -> {
                gpu.enter();
                worker.step(operations);
            }));
        }
        for (Future<?> each : running) {
            try {
                each.get();
            } catch (ExecutionException e) {
                throw new Program.Failed(String.valueOf(e.getCause()));
            }
        }
    }

    @Override
    public String finish() {
        var digest = new Digest();
        workers.forEach(worker -> worker.digestInto(digest));
        return digest.hex();
    }

    @Override
    public void close() {
        threads.shutdownNow();
        gpu.close();
    }
}
