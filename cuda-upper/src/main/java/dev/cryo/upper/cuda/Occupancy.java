package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.CudaResult;
import java.util.function.IntToLongFunction;

/** How many blocks of a kernel fit on a multiprocessor. Thread-safe. */
public final class Occupancy {
    private final Devices devices;

    Occupancy(Devices devices) {
        this.devices = devices;
    }

    /** A launch that fills the device: threads in a block, and blocks in the grid. */
    public record Shape(int block, int grid) {}

    /** The number of blocks that fit on a multiprocessor, each with the given dynamic shared memory in bytes. */
    public int blocks(Function function, int blockSize, long sharedBytes) throws CudaError {
        if (blockSize <= 0 || sharedBytes < 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        int[] limits = limits(function);
        int warp = limits[DeviceAttribute.WARP_SIZE];
        int threads = (blockSize + warp - 1) / warp * warp;
        if (blockSize > function.facts().maxThreadsPerBlock() || sharedBytes > function.maxDynamicShared()) {
            return 0;
        }
        long shared = sharedBytes + function.facts().sharedBytes();
        long byThreads = limits[DeviceAttribute.MAX_THREADS_PER_MULTIPROCESSOR] / threads;
        long byShared = shared == 0
                ? Long.MAX_VALUE
                : limits[DeviceAttribute.MAX_SHARED_MEMORY_PER_MULTIPROCESSOR] / shared;
        long registers = (long) function.facts().registers() * threads;
        long byRegisters = registers == 0
                ? Long.MAX_VALUE
                : limits[DeviceAttribute.MAX_REGISTERS_PER_MULTIPROCESSOR] / registers;
        long most = Math.max(1, limits[DeviceAttribute.MAX_BLOCKS_PER_MULTIPROCESSOR]);
        return (int) Math.min(Math.min(byThreads, byShared), Math.min(byRegisters, most));
    }

    /**
     * The block size of greatest occupancy.
     *
     * @param sharedBytes the dynamic shared memory of a block of a size
     * @param limit the largest block size to consider; 0 for no limit
     */
    public Shape best(Function function, IntToLongFunction sharedBytes, int limit) throws CudaError {
        int[] limits = limits(function);
        int warp = limits[DeviceAttribute.WARP_SIZE];
        int largest = function.facts().maxThreadsPerBlock();
        int from = limit <= 0 ? largest : Math.min(limit, largest);
        int best = 0;
        int bestBlocks = 0;
        for (int size = (from + warp - 1) / warp * warp; size > 0; size -= warp) {
            int block = Math.min(size, from);
            int blocks = blocks(function, block, sharedBytes.applyAsLong(block));
            if (blocks * block > best * bestBlocks) {
                best = block;
                bestBlocks = blocks;
            }
        }
        return new Shape(best, bestBlocks * limits[DeviceAttribute.MULTIPROCESSOR_COUNT]);
    }

    /** The dynamic shared memory that each of so many blocks on a multiprocessor can have, in bytes. */
    public long availableShared(Function function, int blocks, int blockSize) throws CudaError {
        if (blocks <= 0 || blockSize <= 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        long each = limits(function)[DeviceAttribute.MAX_SHARED_MEMORY_PER_MULTIPROCESSOR] / blocks;
        return Math.clamp(each - function.facts().sharedBytes(), 0, function.maxDynamicShared());
    }

    private int[] limits(Function function) throws CudaError {
        return devices.info(function.context().device()).attributes();
    }
}
