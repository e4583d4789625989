package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;

/**
 * Measures how fast host and device take turns at one region of unified memory, checks every sum, and prints one JSON
 * object of medians over {@code --rounds} rounds; three rounds before them warm up.
 *
 * <ul>
 *   <li>{@code seq_fetch_gbps}: the host reads all of a new region after the device has written each of its pages
 *   <li>{@code fault_us}: the host reads one word of each of 2000 random pages of a new region, the same before
 *   <li>{@code flush_gbps}: a kernel reads the region after the host has written each of its pages
 *   <li>{@code sparse_ms}: the device changes one page in a hundred, then the host changes the same pages
 *   <li>{@code dense_ms}: the device changes each page, then the host each word
 *   <li>{@code linked_ms}: the device walks a list of 4096 nodes in random places and changes it, then the host does
 * </ul>
 *
 * <p>Options: {@code --mib 256 --rounds 7}.
 */
public final class UnifiedPatterns {
    private static final int WORDS = 512;
    private static final int SCATTERED = 2000;
    private static final int NODES = 4096;
    private static final int WARM_UP = 3;

    private final Random random = new Random(1);
    private final int rounds;
    private final int pages;
    private final CUstream stream = Gpu.stream();
    private final CUfunction touch;
    private final CUfunction look;
    private final CUfunction walk;
    private final long bytes;
    private final CUdeviceptr result = Gpu.allocate(Long.BYTES);
    private final CUdeviceptr everyPage;
    private CUdeviceptr memory;
    private LongBuffer words;
    private long expected;

    private UnifiedPatterns(Options options) throws IOException {
        rounds = options.count("rounds");
        bytes = (long) options.count("mib") << 20;
        pages = (int) (bytes / Long.BYTES / WORDS);
        CUmodule module = Gpu.load("patterns");
        touch = Gpu.function(module, "touch");
        look = Gpu.function(module, "look");
        walk = Gpu.function(module, "walk");
        memory = allocate();
        words = view();
        everyPage = onDevice(IntStream.range(0, pages).toArray());
    }

    /** Runs the measurement. */
    public static void main(String[] args) throws IOException {
        Options options;
        try {
            options = Options.parse(args, "mib", "256", "rounds", "7");
            Program.check(options.count("mib") >= 32 && options.count("mib") < 2048, "--mib must be 32 to 2047");
            Program.check(options.count("rounds") >= 1, "--rounds must be 1 or more");
        } catch (IllegalArgumentException | Program.Failed e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        try (var gpu = new Gpu()) {
            gpu.enter();
            System.out.println(new UnifiedPatterns(options).measure());
        }
    }

    private CUdeviceptr allocate() {
        CUdeviceptr region = Gpu.allocateManaged(bytes, stream);
        check(cuMemsetD8Async(region, (byte) 0, bytes, stream));
        return region;
    }

    private LongBuffer view() {
        return memory.getByteBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    }

    /** Takes a new region, of which the host has no page, and lets the device write it. */
    private void renew() {
        check(cuMemFree(memory));
        memory = allocate();
        words = view();
        expected = 0;
        touchAll();
    }

    private String measure() {
        double fetch = median(this::renew, this::readAll);
        double faults = median(this::renew, this::readScattered);
        double flush = median(this::writeAllPages, this::lookOnDevice);
        double sparse = median(() -> {}, this::sparse);
        double dense = median(() -> {}, this::dense);
        readAll(); // The list goes over it.
        int head = link();
        double linked = median(() -> {}, () -> linked(head));
        return String.format(
                Locale.ROOT,
                "{\"seq_fetch_gbps\":%.3f,\"fault_us\":%.3f,\"flush_gbps\":%.3f,"
                        + "\"sparse_ms\":%.3f,\"dense_ms\":%.3f,\"linked_ms\":%.3f,\"mib\":%d,\"rounds\":%d}",
                bytes / fetch, faults / SCATTERED / 1e3, bytes / flush,
                sparse / 1e6, dense / 1e6, linked / 1e6, bytes >> 20, rounds);
    }

    /** Median nanoseconds of what follows a preparation. */
    private double median(Runnable preparation, Runnable measured) {
        long[] nanos = new long[rounds];
        for (int round = -WARM_UP; round < rounds; round++) {
            preparation.run();
            long start = System.nanoTime();
            measured.run();
            long end = System.nanoTime();
            if (round >= 0) {
                nanos[round] = end - start;
            }
        }
        Arrays.sort(nanos);
        return nanos[rounds / 2];
    }

    private void touch(CUdeviceptr which, int count) {
        Gpu.launch(touch, count, stream, Pointer.to(memory), Pointer.to(which), of(count), of(WORDS));
        check(cuStreamSynchronize(stream));
        expected += (long) count * (count - 1) / 2;
    }

    private void touchAll() {
        touch(everyPage, pages);
    }

    private void readAll() {
        long sum = 0;
        for (int i = 0; i < words.limit(); i++) {
            sum += words.get(i);
        }
        Program.check(sum == expected, "the sum of all words is " + sum + ", expected " + expected);
    }

    private void readScattered() {
        long wrong = 0;
        for (int i = 0; i < SCATTERED; i++) {
            int page = random.nextInt(pages);
            wrong |= words.get(page * WORDS) - page; // What the device has added to a new region's zeros.
        }
        Program.check(wrong == 0, "a page does not begin with its number");
    }

    private void writeAllPages() {
        for (int page = 0; page < pages; page++) {
            int at = page * WORDS + 1;
            words.put(at, words.get(at) + 1);
        }
        expected += pages;
    }

    private void lookOnDevice() {
        Gpu.launch(look, 1, stream, Pointer.to(memory), Pointer.to(result));
        check(cuStreamSynchronize(stream));
    }

    private void sparse() {
        int[] chosen = random.ints(0, pages).distinct().limit(pages / 100).toArray();
        CUdeviceptr list = onDevice(chosen);
        touch(list, chosen.length);
        for (int page : chosen) {
            int at = page * WORDS;
            words.put(at, words.get(at) + 1);
        }
        expected += chosen.length;
        check(cuMemFree(list));
    }

    private void dense() {
        touchAll();
        long sum = 0;
        for (int i = 0; i < words.limit(); i++) {
            long value = words.get(i);
            sum += value;
            words.put(i, value + 1);
        }
        Program.check(sum == expected, "the sum of all words is " + sum + ", expected " + expected);
        expected += words.limit();
    }

    /** Makes a list with a node in each of many pages, and returns the word of the first. */
    private int link() {
        int[] places = random.ints(0, pages).distinct().limit(NODES).map(page -> page * WORDS).toArray();
        long base = Gpu.address(memory);
        for (int i = 0; i < places.length; i++) {
            long next = i + 1 < places.length ? base + (long) places[i + 1] * Long.BYTES : 0;
            words.put(places[i], next);
            words.put(places[i] + 1, 0);
        }
        return places[0];
    }

    private void linked(int head) {
        long base = Gpu.address(memory);
        long before = words.get(head + 1);
        Gpu.launch(walk, 1, stream, of(base + (long) head * Long.BYTES), of(1));
        check(cuStreamSynchronize(stream));
        for (int at = head; at >= 0; ) {
            long value = words.get(at + 1);
            Program.check(value == before + 1, "a node has " + value + ", expected " + (before + 1));
            words.put(at + 1, value + 1);
            long next = words.get(at);
            at = next == 0 ? -1 : (int) ((next - base) / Long.BYTES);
        }
    }

    private static CUdeviceptr onDevice(int[] values) {
        CUdeviceptr memory = Gpu.allocate((long) values.length * Integer.BYTES);
        check(cuMemcpyHtoD(memory, Pointer.to(values), (long) values.length * Integer.BYTES));
        return memory;
    }
}
