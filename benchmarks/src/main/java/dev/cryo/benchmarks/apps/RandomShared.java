package dev.cryo.benchmarks.apps;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static dev.cryo.benchmarks.apps.Gpu.of;
import static jcuda.driver.JCudaDriver.cuMemAllocManaged;
import static jcuda.driver.JCudaDriver.cuMemFree;

import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.concurrent.atomic.AtomicIntegerArray;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmemAttach_flags;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;

/**
 * Memory that all threads use, and their streams: cells that belong to the threads in turn, so that they meet in every
 * page, and counters that everybody's kernels add to.
 */
final class RandomShared {
    private static final int CELLS = 40_000;
    private static final int COUNTERS = 3_000;

    private final int threads;
    private final CUdeviceptr cells = new CUdeviceptr();
    private final CUdeviceptr counters = new CUdeviceptr();
    private final LongBuffer cellView;
    private final IntBuffer counterView;
    private final long[] expected = new long[CELLS];
    private final AtomicIntegerArray counted = new AtomicIntegerArray(COUNTERS);
    private final CUfunction modifyCells;
    private final CUfunction count;

    RandomShared(CUmodule module, int threads) {
        this.threads = threads;
        check(cuMemAllocManaged(cells, (long) CELLS * Long.BYTES, CUmemAttach_flags.CU_MEM_ATTACH_GLOBAL));
        check(cuMemAllocManaged(counters, (long) COUNTERS * Integer.BYTES, CUmemAttach_flags.CU_MEM_ATTACH_GLOBAL));
        cellView = cells.getByteBuffer(0, (long) CELLS * Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asLongBuffer();
        counterView = counters.getByteBuffer(0, (long) COUNTERS * Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer();
        for (int i = 0; i < CELLS; i++) {
            cellView.put(i, 0);
        }
        for (int i = 0; i < COUNTERS; i++) {
            counterView.put(i, 0);
        }
        modifyCells = Gpu.function(module, "modifyCells");
        count = Gpu.function(module, "count");
    }

    /** How many cells belong to each thread. */
    int mine() {
        return CELLS / threads;
    }

    /** Writes a thread's cell, while no work uses that one. */
    void write(int thread, int index, long value) {
        int cell = index * threads + thread;
        cellView.put(cell, value);
        expected[cell] = value;
    }

    /** Compares a thread's cells, while no work writes them. */
    void verify(int thread, int from, int to) {
        for (int index = from; index < to; index++) {
            int cell = index * threads + thread;
            long actual = cellView.get(cell);
            if (actual != expected[cell]) {
                throw new Program.Failed(String.format(
                        "shared cell %d, of thread %d, holds 0x%x, expected 0x%x; looked at again it holds 0x%x",
                        cell, thread, actual, expected[cell], cellView.get(cell)));
            }
        }
    }

    /** Has the device change a thread's cells. */
    void modify(int thread, CUstream stream, int from, int to, long salt) {
        int length = to - from;
        int first = from * threads + thread;
        Gpu.launch(modifyCells, length, stream, of(cells), of(first), of(threads), of(length), of(salt));
        for (int i = 0; i < length; i++) {
            int cell = (from + i) * threads + thread;
            expected[cell] = expected[cell] * 6364136223846793005L + (salt ^ i);
        }
    }

    /** Has the device add to counters. */
    void count(CUstream stream, int from, int to, int amount) {
        Gpu.launch(
                count,
                to - from,
                stream,
                of(counters.withByteOffset((long) from * Integer.BYTES)),
                of(to - from),
                of(amount));
        for (int i = from; i < to; i++) {
            counted.addAndGet(i, amount);
        }
    }

    /** Compares everything, while no work runs, and lets the host add to some counters. */
    void verifyAll(int salt) {
        for (int thread = 0; thread < threads; thread++) {
            verify(thread, 0, mine());
        }
        for (int i = 0; i < COUNTERS; i++) {
            int actual = counterView.get(i);
            if (actual != counted.get(i)) {
                throw new Program.Failed("counter " + i + " holds " + actual + ", expected " + counted.get(i));
            }
        }
        for (int i = salt & 63; i < COUNTERS; i += 64) {
            counterView.put(i, counted.addAndGet(i, salt));
        }
    }

    void end(Digest digest) {
        for (long value : expected) {
            digest.add((int) value, (int) (value >>> 32));
        }
        check(cuMemFree(cells));
        check(cuMemFree(counters));
    }
}
