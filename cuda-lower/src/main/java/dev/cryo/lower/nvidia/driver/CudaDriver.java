package dev.cryo.lower.nvidia.driver;

import java.util.List;

/**
 * The functions of the CUDA driver that the lower half needs.
 *
 * <p>Threading: thread-safe as the driver is. Functions that say "current" work in the context that the calling thread
 * {@linkplain #makeCurrent made current}. Stream 0 stands for the legacy default stream of the current context.
 *
 * <p>Waiting: functions that say so do not return before the kernels of this process on the device have ended.
 *
 * <p>Errors: every function throws the driver's code; errors of earlier asynchronous work are thrown by any later
 * function, in whatever context, as the driver does. But contexts can be destroyed, and memory at chosen addresses can
 * be given back.
 */
public interface CudaDriver {
    // Driver and devices

    /** {@code cuInit}; may be called again. */
    void initialize() throws DriverException;

    /** {@code cuDriverGetVersion}, such as 12060. */
    int version() throws DriverException;

    /** {@code cuDeviceGetCount}. */
    int devices() throws DriverException;

    /** {@code cuDeviceGetName}. */
    String name(int device) throws DriverException;

    /** {@code cuDeviceTotalMem}, in bytes. */
    long totalBytes(int device) throws DriverException;

    /** {@code cuDeviceGetAttribute}. */
    int attribute(int device, int attribute) throws DriverException;

    /** {@code cuDeviceGetUuid}: 16 bytes. */
    byte[] uuid(int device) throws DriverException;

    // Contexts

    /** {@code cuDevicePrimaryCtxRetain}; does not make it current. */
    long retainPrimaryContext(int device) throws DriverException;

    /** {@code cuDevicePrimaryCtxRelease}; the last release destroys it. */
    void releasePrimaryContext(int device) throws DriverException;

    /** {@code cuCtxCreate}; leaves it current to no thread. */
    long createContext(int device, int flags) throws DriverException;

    /** {@code cuCtxDestroy}. */
    void destroyContext(long context) throws DriverException;

    /** {@code cuCtxSetCurrent}. */
    void makeCurrent(long context) throws DriverException;

    /** {@code cuCtxSetLimit} of the current context. */
    void setLimit(int limit, long value) throws DriverException;

    /** {@code cuCtxSetCacheConfig} of the current context. */
    void setCacheConfig(int config) throws DriverException;

    /** {@code cuMemGetInfo}: free and total memory of the current context's device, in bytes. */
    MemoryInfo memoryInfo() throws DriverException;

    /** Free and total bytes. */
    record MemoryInfo(long free, long total) {}

    // Modules

    /**
     * {@code cuModuleLoadDataEx} into the current context; waits for kernels.
     *
     * @param image PTX text that ends with a NUL byte, a cubin or a fat binary
     * @param log takes what the driver's compiler says, be it loaded or not
     */
    long loadModule(byte[] image, StringBuilder log) throws DriverException;

    /** {@code cuModuleUnload}; waits for kernels. */
    void unloadModule(long module) throws DriverException;

    /** {@code cuModuleGetFunction}. */
    long function(long module, String name) throws DriverException;

    /** {@code cuModuleGetGlobal}. */
    Variable variable(long module, String name) throws DriverException;

    /** Where a variable lies. */
    record Variable(long address, long bytes) {}

    /** {@code cuFuncGetAttribute}. */
    int functionAttribute(long function, int attribute) throws DriverException;

    /**
     * {@code cuFuncGetParamInfo} of every parameter.
     *
     * @throws DriverException NOT_SUPPORTED by drivers older than CUDA 12.4
     */
    List<Parameter> parameters(long function) throws DriverException;

    /** A kernel's parameter: where it lies in the parameter block. */
    record Parameter(int offset, int bytes) {}

    /** {@code cuFuncSetAttribute}. */
    void setFunctionAttribute(long function, int attribute, int value) throws DriverException;

    // Device memory at chosen addresses

    /** {@code cuMemAddressReserve} at exactly an address; whoever gets another one gives it back and throws. */
    void reserve(long address, long bytes) throws DriverException;

    /** {@code cuMemAddressFree}. */
    void freeReservation(long address, long bytes) throws DriverException;

    /** {@code cuMemGetAllocationGranularity}, the least one. */
    long granularity(int device) throws DriverException;

    /** {@code cuMemCreate} of memory of a device; returns its handle. */
    long createMemory(long bytes, int device) throws DriverException;

    /** {@code cuMemRelease}. */
    void releaseMemory(long handle) throws DriverException;

    /** {@code cuMemMap} of all of a handle's memory. */
    void map(long address, long bytes, long handle) throws DriverException;

    /** {@code cuMemSetAccess}: lets a device read and write. */
    void allowAccess(long address, long bytes, int device) throws DriverException;

    /** {@code cuMemUnmap}. */
    void unmap(long address, long bytes) throws DriverException;

    // Other memory

    /** {@code cuMemAlloc} in the current context: memory of the lower half's own. */
    long allocate(long bytes) throws DriverException;

    /** {@code cuMemFree}; waits for kernels. */
    void free(long address) throws DriverException;

    /** {@code cuMemHostAlloc} in the current context, portable: page-locked memory of the lower half's own. */
    long allocateHost(long bytes) throws DriverException;

    /** {@code cuMemFreeHost}; may wait for kernels. */
    void freeHost(long address) throws DriverException;

    /** {@code cuMemHostRegister}, portable and mapped: makes memory of this process page-locked. */
    void registerHost(long address, long bytes) throws DriverException;

    /** {@code cuMemHostUnregister}; waits for kernels. */
    void unregisterHost(long address) throws DriverException;

    // Copies and sets; asynchronous, in a stream's order

    /** {@code cuMemcpyHtoDAsync}. What is not page-locked has been read when this returns, if it is at most 64 KiB. */
    void copyToDevice(long target, long source, long bytes, long stream) throws DriverException;

    /** {@code cuMemcpyDtoHAsync}. */
    void copyToHost(long target, long source, long bytes, long stream) throws DriverException;

    /** {@code cuMemcpyDtoDAsync}. */
    void copyOnDevice(long target, long source, long bytes, long stream) throws DriverException;

    /** {@code cuMemcpyAsync}: between any two places, told apart by their addresses. */
    void copy(long target, long source, long bytes, long stream) throws DriverException;

    /** {@code cuMemcpy3DAsync} of {@code depth} slices of {@code height} rows of {@code width} bytes. */
    void copy(Side source, Side target, long width, long height, long depth, long stream) throws DriverException;

    /**
     * One side of a copy of rows.
     *
     * @param onDevice whether it is device memory
     * @param pitch bytes from row to row
     * @param rows rows from slice to slice
     */
    record Side(boolean onDevice, long address, long pitch, long rows) {}

    /** {@code cuMemsetD2D8Async} and its kin: rows of elements of 1, 2 or 4 bytes. */
    void set(long address, long pitch, int elementBytes, int value, long width, long height, long stream)
            throws DriverException;

    // Streams and events

    /** {@code cuStreamCreateWithPriority} in the current context. */
    long createStream(int flags, int priority) throws DriverException;

    /** {@code cuStreamDestroy}; its work still completes. */
    void destroyStream(long stream) throws DriverException;

    /** {@code cuStreamQuery}: whether all work has ended. */
    boolean isQuiet(long stream) throws DriverException;

    /** {@code cuStreamSynchronize}. */
    void synchronize(long stream) throws DriverException;

    /** {@code cuStreamWaitEvent}. */
    void await(long stream, long event) throws DriverException;

    /**
     * {@code cuStreamWaitValue32}: the stream's later work waits until the 32-bit number at an address is at least
     * {@code value}, counted around the end of the numbers: {@code number - value >= 0}.
     *
     * @param address page-locked memory, a multiple of 4
     */
    void awaitValue(long stream, long address, int value) throws DriverException;

    /** {@code cuEventCreate} in the current context. */
    long createEvent(int flags) throws DriverException;

    /** {@code cuEventDestroy}. */
    void destroyEvent(long event) throws DriverException;

    /** {@code cuEventRecord}. */
    void record(long event, long stream) throws DriverException;

    /** {@code cuEventQuery}: whether what it recorded has ended; true if nothing was recorded. */
    boolean hasEnded(long event) throws DriverException;

    /** {@code cuEventElapsedTime}, in milliseconds. */
    float elapsedMillis(long start, long end) throws DriverException;

    // Launch

    /**
     * {@code cuLaunchKernel}.
     *
     * @param parameters the parameter block; has been read when this returns
     */
    void launch(
            long function,
            int gridX,
            int gridY,
            int gridZ,
            int blockX,
            int blockY,
            int blockZ,
            int sharedBytes,
            long stream,
            byte[] parameters)
            throws DriverException;
}
