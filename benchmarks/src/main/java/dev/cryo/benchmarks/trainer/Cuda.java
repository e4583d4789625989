package dev.cryo.benchmarks.trainer;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;

/**
 * What the trainer needs of CUDA besides launches, in the driver's or the runtime's functions. Sizes are in bytes.
 * Every failed call throws {@link jcuda.CudaException}. Closing releases the context; what was allocated goes with it.
 */
sealed interface Cuda extends AutoCloseable permits DriverCuda, RuntimeCuda {
    CUdeviceptr allocate(long size);

    void free(CUdeviceptr memory);

    /** Page-locked host memory, with its direct buffer. */
    Pointer allocateHost(long size);

    void freeHost(Pointer memory);

    CUstream createStream();

    CUevent createEvent();

    void copyToDevice(CUdeviceptr to, Pointer from, long size, CUstream stream);

    void copyToHost(Pointer to, CUdeviceptr from, long size, CUstream stream);

    void zero(CUdeviceptr memory, long size, CUstream stream);

    void record(CUevent event, CUstream stream);

    void await(CUstream stream, CUevent event);

    void synchronize(CUevent event);

    void synchronize(CUstream stream);

    void destroy(CUstream stream);

    void destroy(CUevent event);

    @Override
    void close();
}
