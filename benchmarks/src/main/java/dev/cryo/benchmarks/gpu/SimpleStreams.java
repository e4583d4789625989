package dev.cryo.benchmarks.gpu;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuMemsetD8;

import dev.cryo.benchmarks.apps.Gpu;
import dev.cryo.benchmarks.apps.Options;
import dev.cryo.benchmarks.apps.Program;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;

/**
 * Many streams at once, after CUDA's sample simpleStreams: in each round every stream runs a kernel on its part of an
 * array and copies the part to page-locked memory asynchronously, then the host waits for all. Each word is what all
 * rounds so far make of it; every word is compared after the first tenth of the rounds, which warm up, and after each
 * fifth of those that are timed. The comparisons are not timed.
 *
 * <p>Options: {@code --streams 128 --kib 64 --rounds 5000 --iterations 5}; a part has so many KiB, and the kernel adds
 * so many times.
 */
public final class SimpleStreams {
    private static final int CHECKS = 5;

    private final CUfunction addFactor;
    private final List<Lane> lanes = new ArrayList<>();
    private final int words;
    private final int iterations;
    private final IntBuffer result;
    private int rounds;
    private long checked;

    /** What one stream works on. */
    private record Lane(CUstream stream, CUdeviceptr device, Pointer host, Pointer parameters, int factor) {}

    private SimpleStreams(int streams, int kib, int iterations) throws IOException {
        words = kib * 1024 / Integer.BYTES;
        this.iterations = iterations;
        addFactor = Gpu.function(Gpu.load(SimpleStreams.class, "gpu"), "add_factor");
        int[] factors = new Random(1).ints(streams).toArray();
        long part = (long) words * Integer.BYTES;
        int all = Math.toIntExact(streams * part);
        CUdeviceptr device = Gpu.allocate(all);
        check(cuMemsetD8(device, (byte) 0, all));
        CUdeviceptr factor = Gpu.allocate((long) streams * Integer.BYTES);
        check(cuMemcpyHtoD(factor, Pointer.to(factors), (long) streams * Integer.BYTES));
        Pointer host = Gpu.allocateHost(all, 0);
        result = host.getByteBuffer(0, all).order(ByteOrder.nativeOrder()).asIntBuffer();
        for (int i = 0; i < streams; i++) {
            CUdeviceptr from = device.withByteOffset(i * part);
            Pointer parameters = Pointer.to(
                    Gpu.of(from), Gpu.of(factor.withByteOffset((long) i * Integer.BYTES)), Gpu.of(words),
                    Gpu.of(iterations));
            lanes.add(new Lane(Gpu.stream(), from, host.withByteOffset(i * part), parameters, factors[i]));
        }
    }

    /** Runs the measurement. */
    public static void main(String[] args) {
        Program.whole(args, SimpleStreams::run, "streams", "128", "kib", "64", "rounds", "5000", "iterations", "5");
    }

    private static void run(Options options) throws IOException {
        try (var gpu = new Gpu()) {
            gpu.enter();
            var streams = new SimpleStreams(
                    Math.max(1, options.count("streams")), Math.max(1, options.count("kib")),
                    options.count("iterations"));
            int timed = Math.max(CHECKS, options.count("rounds")) / CHECKS;
            streams.nanos(Math.max(1, timed * CHECKS / 10));
            long nanos = 0;
            for (int i = 0; i < CHECKS; i++) {
                nanos += streams.nanos(timed);
            }
            Program.say(String.format(
                    Locale.ROOT,
                    "{\"rounds\":%d,\"nanos\":%d,\"round_us\":%.3f,\"streams\":%d,\"checked_words\":%d}",
                    timed * CHECKS, nanos, nanos / 1e3 / (timed * CHECKS), streams.lanes.size(), streams.checked));
        }
    }

    /** Runs so many rounds and compares what they give; nanoseconds of the rounds alone. */
    private long nanos(int more) {
        long start = System.nanoTime();
        for (int i = 0; i < more; i++) {
            round();
        }
        long nanos = System.nanoTime() - start;
        compare();
        return nanos;
    }

    private void round() {
        int blocks = (words + Gpu.BLOCK - 1) / Gpu.BLOCK;
        for (Lane lane : lanes) {
            check(cuLaunchKernel(
                    addFactor, blocks, 1, 1, Gpu.BLOCK, 1, 1, 0, lane.stream, lane.parameters, null));
        }
        for (Lane lane : lanes) {
            check(cuMemcpyDtoHAsync(lane.host, lane.device, (long) words * Integer.BYTES, lane.stream));
        }
        check(cuCtxSynchronize());
        rounds++;
    }

    private void compare() {
        for (int i = 0; i < lanes.size(); i++) {
            int expected = lanes.get(i).factor * iterations * rounds;
            for (int word = 0; word < words; word++) {
                int actual = result.get(i * words + word);
                if (actual != expected) {
                    throw new Program.Failed("word " + word + " of stream " + i + " is " + actual + " after round "
                            + rounds + ", expected " + expected);
                }
            }
        }
        checked += (long) lanes.size() * words;
    }
}
