package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuStreamQuery;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;

/**
 * Measures what a CUDA call costs the thread that makes it, and prints one JSON object: nanoseconds per call that is
 * queued (an empty launch, a set of 4 bytes, an event record), and microseconds per call that waits (a stream query, a
 * context synchronisation, a copy of 4 bytes to the host). Each figure is the median over {@code --rounds} rounds of
 * {@code --calls} calls of the mean in a round; as many rounds before them warm up. The queue is drained between
 * rounds, outside the measured time.
 *
 * <p>Options: {@code --rounds 200 --calls 100}.
 */
public final class OverheadLoop {
    private final int rounds;
    private final int calls;
    private final CUfunction empty;
    private final CUstream stream = Gpu.stream();
    private final CUevent event = Gpu.event(CUevent_flags.CU_EVENT_DISABLE_TIMING);
    private final CUdeviceptr memory = Gpu.allocate(Integer.BYTES);
    private final Pointer parameters = Pointer.to(Gpu.of(memory), Gpu.of(1));
    private final Pointer word = Pointer.to(new int[1]);

    private OverheadLoop(Options options) throws IOException {
        rounds = Math.max(1, options.count("rounds"));
        calls = Math.max(1, options.count("calls"));
        empty = Gpu.function(Gpu.load("empty"), "empty");
    }

    /** Runs the measurement. */
    public static void main(String[] args) throws IOException {
        Options options;
        try {
            options = Options.parse(args, "rounds", "200", "calls", "100");
            options.count("rounds");
            options.count("calls");
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        try (var gpu = new Gpu()) {
            gpu.enter();
            System.out.println(new OverheadLoop(options).measure());
        }
    }

    private String measure() {
        double launch = median(this::launch);
        double set = median(() -> check(cuMemsetD32Async(memory, 1, 1, stream)));
        double record = median(() -> check(cuEventRecord(event, stream)));
        double query = median(() -> check(cuStreamQuery(stream)));
        double synchronize = median(() -> check(cuCtxSynchronize()));
        double copy = median(() -> check(cuMemcpyDtoH(word, memory, Integer.BYTES)));
        return String.format(
                Locale.ROOT,
                "{\"launch_ns\":%.1f,\"memset_ns\":%.1f,\"event_record_ns\":%.1f,\"queued_call_ns\":%.1f,"
                        + "\"stream_query_us\":%.3f,\"ctx_synchronize_us\":%.3f,\"copy_4_bytes_us\":%.3f,"
                        + "\"blocking_call_us\":%.3f,\"rounds\":%d,\"calls\":%d}",
                launch,
                set,
                record,
                middle(launch, set, record),
                query / 1000,
                synchronize / 1000,
                copy / 1000,
                middle(query, synchronize, copy) / 1000,
                rounds,
                calls);
    }

    private void launch() {
        check(cuLaunchKernel(empty, 1, 1, 1, 1, 1, 1, 0, stream, parameters, null));
    }

    /** Median over the rounds of the nanoseconds per call. */
    private double median(Runnable call) {
        double[] nanos = new double[rounds];
        for (int round = -rounds; round < rounds; round++) {
            long start = System.nanoTime();
            for (int i = 0; i < calls; i++) {
                call.run();
            }
            long end = System.nanoTime();
            check(cuStreamSynchronize(stream));
            if (round >= 0) {
                nanos[round] = (double) (end - start) / calls;
            }
        }
        Arrays.sort(nanos);
        return nanos[rounds / 2];
    }

    private static double middle(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
