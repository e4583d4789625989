package dev.cryo.upper.jcuda;

import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Function;
import dev.cryo.upper.cuda.Occupancy;
import jcuda.driver.CUfunction;
import jcuda.driver.CUoccupancyB2DSize;
import org.jspecify.annotations.Nullable;

/** How many blocks of a kernel fit on a multiprocessor. */
record DriverOccupancy(Cuda cuda) {
    void cuOccupancyMaxActiveBlocksPerMultiprocessor(int[] blocks, CUfunction kernel, int blockSize, long shared)
            throws CudaError {
        blocks[0] = cuda.occupancy().blocks(function(kernel), blockSize, shared);
    }

    void cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
            int[] blocks, CUfunction kernel, int blockSize, long shared, int flags) throws CudaError {
        blocks[0] = cuda.occupancy().blocks(function(kernel), blockSize, shared);
    }

    void cuOccupancyAvailableDynamicSMemPerBlock(long[] bytes, CUfunction kernel, int blocks, int blockSize)
            throws CudaError {
        bytes[0] = cuda.occupancy().availableShared(function(kernel), blocks, blockSize);
    }

    void cuOccupancyMaxPotentialBlockSize(
            int[] grid, int[] block, CUfunction kernel, @Nullable CUoccupancyB2DSize sizes, long shared, int limit)
            throws CudaError {
        Occupancy.Shape best = cuda.occupancy()
                .best(function(kernel), size -> sizes == null ? shared : sizes.call(size), limit);
        grid[0] = best.grid();
        block[0] = best.block();
    }

    void cuOccupancyMaxPotentialBlockSizeWithFlags(
            int[] grid,
            int[] block,
            CUfunction kernel,
            @Nullable CUoccupancyB2DSize sizes,
            long shared,
            int limit,
            int flags)
            throws CudaError {
        cuOccupancyMaxPotentialBlockSize(grid, block, kernel, sizes, shared, limit);
    }

    private Function function(CUfunction kernel) throws CudaError {
        cuda.contexts().current();
        return cuda.modules().functionOf(Pointers.handle(kernel));
    }
}
