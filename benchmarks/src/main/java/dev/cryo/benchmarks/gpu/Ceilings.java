package dev.cryo.benchmarks.gpu;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD8;

import dev.cryo.benchmarks.apps.Gpu;
import dev.cryo.benchmarks.apps.Options;
import dev.cryo.benchmarks.apps.Program;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/**
 * What the machine can do at best, in gigabytes (10^9 bytes) a second: copies on the device, bytes copied and not the
 * sum of those read and written; copies between the device and page-locked memory; a file written and synced; a file
 * read. The best of {@code --rounds}, after one that warms up; of the file, which takes longer, the better of one
 * thread and {@code --threads}.
 *
 * <p>Options: {@code --mib 2048 --host-mib 1024 --rounds 5 --file FILE --file-mib 4096 --threads 4}.
 */
public final class Ceilings {
    private final CUstream stream = Gpu.stream();
    private final int rounds;

    private Ceilings(int rounds) {
        this.rounds = rounds;
    }

    /** Runs the measurement. */
    public static void main(String[] args) {
        Program.whole(
                args, Ceilings::run, "mib", "2048", "host-mib", "1024", "rounds", "5", "file", "", "file-mib", "4096",
                "threads", "4");
    }

    private static void run(Options options) throws Exception {
        try (var gpu = new Gpu()) {
            gpu.enter();
            var ceilings = new Ceilings(Math.max(1, options.count("rounds")));
            double[] device = ceilings.device(options.number("mib") << 20, options.number("host-mib") << 20);
            var file = new FileSpeed(Path.of(options.text("file")), options.number("file-mib") << 20);
            FileSpeed.Rates one = file.measure(1);
            FileSpeed.Rates several = file.measure(Math.max(1, options.count("threads")));
            Program.say(String.format(
                    Locale.ROOT,
                    "{\"d2d_gbps\":%.3f,\"h2d_gbps\":%.3f,\"d2h_gbps\":%.3f,\"disk_write_gbps\":%.3f,"
                            + "\"disk_read_gbps\":%.3f,\"disk_read_direct\":%b}",
                    device[0], device[1], device[2], Math.max(one.write(), several.write()),
                    Math.max(one.read(), several.read()), one.direct()));
        }
    }

    /** On the device, to it, and from it. */
    private double[] device(long bytes, long hostBytes) {
        CUdeviceptr from = Gpu.allocate(bytes);
        CUdeviceptr to = Gpu.allocate(bytes);
        check(cuMemsetD8(from, (byte) 1, bytes));
        check(cuMemsetD8(to, (byte) 2, bytes));
        double within = rate(bytes, () -> check(cuMemcpyDtoDAsync(to, from, bytes, stream)));
        check(cuMemFree(to));
        check(cuMemFree(from));
        Pointer host = Gpu.allocateHost(hostBytes, 0);
        ByteBuffer start = host.getByteBuffer(0, Math.min(hostBytes, 1 << 20));
        byte[] random = new byte[start.capacity()];
        new Random(1).nextBytes(random);
        start.put(random);
        CUdeviceptr memory = Gpu.allocate(hostBytes);
        double in = rate(hostBytes, () -> check(cuMemcpyHtoDAsync(memory, host, hostBytes, stream)));
        double out = rate(hostBytes, () -> check(cuMemcpyDtoHAsync(host, memory, hostBytes, stream)));
        check(cuMemFree(memory));
        check(cuMemFreeHost(host));
        return new double[] {within, in, out};
    }

    private double rate(long bytes, Runnable copy) {
        double best = 0;
        for (int round = -1; round < rounds; round++) {
            long start = System.nanoTime();
            copy.run();
            check(cuCtxSynchronize());
            double rate = (double) bytes / (System.nanoTime() - start);
            best = round < 0 ? 0 : Math.max(best, rate);
        }
        return best;
    }
}
