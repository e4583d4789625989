package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;

/** Launches kernels; what can be told to be wrong is told at once. Thread-safe. */
public final class Launches {
    private final Calls calls;
    private final Devices devices;

    Launches(Calls calls, Devices devices) {
        this.calls = calls;
        this.devices = devices;
    }

    /**
     * Launches a kernel.
     *
     * @param parameters the parameter block, which becomes the call's
     */
    public void launch(
            Function function,
            Stream stream,
            int gridX,
            int gridY,
            int gridZ,
            int blockX,
            int blockY,
            int blockZ,
            int sharedBytes,
            byte[] parameters)
            throws CudaError {
        if (function.context() != stream.context()) {
            throw new CudaError(CudaResult.INVALID_HANDLE);
        }
        checkShape(function, gridX, gridY, gridZ, blockX, blockY, blockZ);
        if (sharedBytes < 0 || sharedBytes > function.maxDynamicShared()) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        calls.queue(new Call.Launch(
                function.id(),
                stream.id(),
                gridX,
                gridY,
                gridZ,
                blockX,
                blockY,
                blockZ,
                sharedBytes,
                parameters));
    }

    private void checkShape(Function function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ)
            throws CudaError {
        int[] limits = devices.info(function.context().device()).attributes();
        if (isOutside(gridX, limits[DeviceAttribute.MAX_GRID_DIM_X])
                || isOutside(gridY, limits[DeviceAttribute.MAX_GRID_DIM_Y])
                || isOutside(gridZ, limits[DeviceAttribute.MAX_GRID_DIM_Z])
                || isOutside(blockX, limits[DeviceAttribute.MAX_BLOCK_DIM_X])
                || isOutside(blockY, limits[DeviceAttribute.MAX_BLOCK_DIM_Y])
                || isOutside(blockZ, limits[DeviceAttribute.MAX_BLOCK_DIM_Z])) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        long threads = (long) blockX * blockY * blockZ;
        if (threads > limits[DeviceAttribute.MAX_THREADS_PER_BLOCK]) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        if (threads > function.facts().maxThreadsPerBlock()) {
            throw new CudaError(CudaResult.LAUNCH_OUT_OF_RESOURCES);
        }
    }

    private static boolean isOutside(int size, int limit) {
        return size < 1 || size > limit;
    }
}
