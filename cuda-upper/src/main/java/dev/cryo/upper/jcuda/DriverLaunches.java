package dev.cryo.upper.jcuda;

import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Function;
import dev.cryo.upper.cuda.Stream;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;
import org.jspecify.annotations.Nullable;

/** Launches of kernels. */
record DriverLaunches(Cuda cuda) {
    void cuLaunchKernel(
            CUfunction kernel,
            int gridX,
            int gridY,
            int gridZ,
            int blockX,
            int blockY,
            int blockZ,
            int sharedBytes,
            @Nullable CUstream stream,
            @Nullable Pointer kernelParams,
            @Nullable Pointer extra)
            throws CudaError {
        Context current = cuda.contexts().current();
        Function function = cuda.modules().functionOf(Pointers.handle(kernel));
        Stream on = cuda.streams().of(current, Pointers.value(stream));
        byte[] parameters = KernelParameters.of(function, kernelParams, extra);
        cuda.launches()
                .launch(function, on, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, parameters);
    }
}
