package dev.cryo.benchmarks.trainer;

import static jcuda.driver.JCudaDriver.cuCtxCreate;
import static jcuda.driver.JCudaDriver.cuCtxDestroy;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuInit;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemHostAlloc;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static jcuda.driver.JCudaDriver.cuStreamWaitEvent;

import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/** The driver API, in a context of its own on device 0. */
final class DriverCuda implements Cuda {
    private final CUcontext context = new CUcontext();

    DriverCuda() {
        JCudaDriver.setExceptionsEnabled(true);
        cuInit(0);
        var device = new CUdevice();
        cuDeviceGet(device, 0);
        cuCtxCreate(context, 0, device);
    }

    @Override
    public CUdeviceptr allocate(long size) {
        var memory = new CUdeviceptr();
        cuMemAlloc(memory, size);
        return memory;
    }

    @Override
    public void free(CUdeviceptr memory) {
        cuMemFree(memory);
    }

    @Override
    public Pointer allocateHost(long size) {
        var memory = new Pointer();
        cuMemHostAlloc(memory, size, 0);
        return memory;
    }

    @Override
    public void freeHost(Pointer memory) {
        cuMemFreeHost(memory);
    }

    @Override
    public CUstream createStream() {
        var stream = new CUstream();
        cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
        return stream;
    }

    @Override
    public CUevent createEvent() {
        var event = new CUevent();
        cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING);
        return event;
    }

    @Override
    public void copyToDevice(CUdeviceptr to, Pointer from, long size, CUstream stream) {
        cuMemcpyHtoDAsync(to, from, size, stream);
    }

    @Override
    public void copyToHost(Pointer to, CUdeviceptr from, long size, CUstream stream) {
        cuMemcpyDtoHAsync(to, from, size, stream);
    }

    @Override
    public void zero(CUdeviceptr memory, long size, CUstream stream) {
        cuMemsetD8Async(memory, (byte) 0, size, stream);
    }

    @Override
    public void record(CUevent event, CUstream stream) {
        cuEventRecord(event, stream);
    }

    @Override
    public void await(CUstream stream, CUevent event) {
        cuStreamWaitEvent(stream, event, 0);
    }

    @Override
    public void synchronize(CUevent event) {
        cuEventSynchronize(event);
    }

    @Override
    public void synchronize(CUstream stream) {
        cuStreamSynchronize(stream);
    }

    @Override
    public void destroy(CUstream stream) {
        cuStreamDestroy(stream);
    }

    @Override
    public void destroy(CUevent event) {
        cuEventDestroy(event);
    }

    @Override
    public void close() {
        cuCtxDestroy(context);
    }
}
