package dev.cryo.benchmarks.gpu;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;

import dev.cryo.benchmarks.apps.Gpu;
import dev.cryo.benchmarks.apps.Program;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;

/**
 * Device memory in several allocations, cut into blocks. Every word of it is a function of its address and of the round
 * in which its block was filled last, by a kernel; another kernel sums each block up, and Java computes the sums from
 * the addresses and rounds alone. No compressor finds anything in it. For one thread with a current context.
 */
final class Contents {
    private static final int FILLING_THREADS = 1 << 18;

    private final int wordsOfBlock;
    private final int blocksOfAllocation;
    private final CUfunction fill;
    private final CUfunction sums;
    private final List<CUdeviceptr> memory = new ArrayList<>();
    private final long[] addresses;
    private final long[] rounds;

    /**
     * Allocates, and fills all in round 0.
     *
     * @param bytes of all
     * @param allocations that they are in; all have the same size
     * @param blockBytes of a block, of which an allocation has a whole number
     */
    Contents(long bytes, int allocations, int blockBytes) throws IOException {
        long blocks = bytes / Math.max(1, blockBytes);
        if (allocations < 1 || blocks < 1 || blocks % allocations != 0 || bytes % blockBytes != 0
                || blockBytes % Long.BYTES != 0) {
            throw new Program.Failed(bytes + " bytes are not " + allocations + " allocations of whole blocks of "
                    + blockBytes);
        }
        wordsOfBlock = blockBytes / Long.BYTES;
        blocksOfAllocation = Math.toIntExact(blocks / allocations);
        CUmodule module = Gpu.load(Contents.class, "gpu");
        fill = Gpu.function(module, "fill");
        sums = Gpu.function(module, "sums");
        addresses = new long[allocations];
        rounds = new long[allocations * blocksOfAllocation];
        CUfunction where = Gpu.function(module, "where");
        for (int i = 0; i < allocations; i++) {
            memory.add(Gpu.allocate(bytesOfAllocation()));
            addresses[i] = address(where, memory.get(i));
            fill(memory.get(i), (long) blocksOfAllocation * wordsOfBlock, 0);
        }
        check(cuCtxSynchronize());
    }

    private static long address(CUfunction where, CUdeviceptr memory) {
        CUdeviceptr answer = Gpu.allocate(Long.BYTES);
        Gpu.launch(where, 1, null, Gpu.of(memory), Gpu.of(answer));
        return read(answer, 1)[0];
    }

    private static long[] read(CUdeviceptr from, int words) {
        long[] values = new long[words];
        check(cuMemcpyDtoH(Pointer.to(values), from, (long) words * Long.BYTES));
        check(cuMemFree(from));
        return values;
    }

    int blocks() {
        return rounds.length;
    }

    List<CUdeviceptr> memory() {
        return List.copyOf(memory);
    }

    long bytesOfAllocation() {
        return (long) blocksOfAllocation * wordsOfBlock * Long.BYTES;
    }

    /** Fills one block anew and waits for it. */
    void change(int block, long round) {
        CUdeviceptr allocation = memory.get(block / blocksOfAllocation);
        long offset = (long) (block % blocksOfAllocation) * wordsOfBlock * Long.BYTES;
        fill(allocation.withByteOffset(offset), wordsOfBlock, round);
        check(cuCtxSynchronize());
        rounds[block] = round;
    }

    private void fill(CUdeviceptr words, long count, long round) {
        int threads = (int) Math.min(count, FILLING_THREADS);
        Gpu.launch(fill, threads, null, Gpu.of(words), Gpu.of(count), Gpu.of(round));
    }

    /**
     * Compares the sum of every block.
     *
     * @throws Program.Failed naming the first block that has another sum
     */
    void verify() {
        for (int allocation = 0; allocation < addresses.length; allocation++) {
            long[] actual = sums(memory.get(allocation));
            int first = allocation * blocksOfAllocation;
            long[] expected = expected(addresses[allocation], first);
            for (int i = 0; i < actual.length; i++) {
                if (actual[i] != expected[i]) {
                    throw new Program.Failed(String.format(
                            "block %d at 0x%x, filled in round %d, has the sum %x, expected %x",
                            first + i, addresses[allocation] + (long) i * wordsOfBlock * Long.BYTES,
                            rounds[first + i], actual[i], expected[i]));
                }
            }
        }
    }

    private long[] sums(CUdeviceptr words) {
        CUdeviceptr answer = Gpu.allocate((long) blocksOfAllocation * Long.BYTES);
        Pointer parameters = Pointer.to(Gpu.of(words), Gpu.of(wordsOfBlock), Gpu.of(answer));
        check(cuLaunchKernel(sums, blocksOfAllocation, 1, 1, Gpu.BLOCK, 1, 1, 0, null, parameters, null));
        check(cuCtxSynchronize());
        return read(answer, blocksOfAllocation);
    }

    private long[] expected(long address, int firstBlock) {
        return IntStream.range(0, blocksOfAllocation)
                .parallel()
                .mapToLong(i ->
                        sum(address + (long) i * wordsOfBlock * Long.BYTES, wordsOfBlock, rounds[firstBlock + i]))
                .toArray();
    }

    /** What the sum of a block at an address is, filled in a round. */
    static long sum(long address, int words, long round) {
        long sum = 0;
        for (int i = 0; i < words; i++) {
            sum += word(address + (long) i * Long.BYTES, round) * (2L * i + 1);
        }
        return sum;
    }

    private static long word(long address, long round) {
        long x = address + round * 0x9E3779B97F4A7C15L;
        x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }
}
