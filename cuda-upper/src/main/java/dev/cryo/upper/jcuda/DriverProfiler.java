package dev.cryo.upper.jcuda;

import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;

/** Marks for a profiler, which have no effect where none is attached, and none can be. */
record DriverProfiler(Cuda cuda) {
    void cuProfilerStart() throws CudaError {
        cuda.contexts().current();
    }

    void cuProfilerStop() throws CudaError {
        cuda.contexts().current();
    }
}
