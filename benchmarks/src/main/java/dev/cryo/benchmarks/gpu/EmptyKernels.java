package dev.cryo.benchmarks.gpu;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import dev.cryo.benchmarks.apps.Gpu;
import dev.cryo.benchmarks.apps.Options;
import dev.cryo.benchmarks.apps.Program;
import java.io.IOException;
import java.util.Locale;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;

/**
 * Launches empty kernels as fast as it can and waits for them once; prints how many, and the nanoseconds from the first
 * launch to the end of the wait. A tenth as many before them warm up.
 *
 * <p>Options: {@code --launches 2000000}.
 */
public final class EmptyKernels {
    private final CUfunction empty;
    private final CUstream stream = Gpu.stream();
    private final Pointer parameters = Pointer.to(Gpu.of(Gpu.allocate(Long.BYTES)), Gpu.of(1));

    private EmptyKernels() throws IOException {
        empty = Gpu.function(Gpu.load(EmptyKernels.class, "gpu"), "empty");
    }

    /** Runs the measurement. */
    public static void main(String[] args) {
        Program.whole(args, EmptyKernels::run, "launches", "2000000");
    }

    private static void run(Options options) throws IOException {
        int launches = Math.max(1, options.count("launches"));
        try (var gpu = new Gpu()) {
            gpu.enter();
            var kernels = new EmptyKernels();
            kernels.nanos(launches / 10);
            long nanos = kernels.nanos(launches);
            Program.say(String.format(
                    Locale.ROOT,
                    "{\"launches\":%d,\"nanos\":%d,\"launch_ns\":%.1f}",
                    launches, nanos, (double) nanos / launches));
        }
    }

    private long nanos(int launches) {
        long start = System.nanoTime();
        for (int i = 0; i < launches; i++) {
            check(cuLaunchKernel(empty, 1, 1, 1, 1, 1, 1, 0, stream, parameters, null));
        }
        check(cuStreamSynchronize(stream));
        return System.nanoTime() - start;
    }
}
