package dev.cryo.benchmarks.trainer;

import static jcuda.runtime.JCuda.cudaDeviceReset;
import static jcuda.runtime.JCuda.cudaEventCreateWithFlags;
import static jcuda.runtime.JCuda.cudaEventDestroy;
import static jcuda.runtime.JCuda.cudaEventDisableTiming;
import static jcuda.runtime.JCuda.cudaEventRecord;
import static jcuda.runtime.JCuda.cudaEventSynchronize;
import static jcuda.runtime.JCuda.cudaFree;
import static jcuda.runtime.JCuda.cudaFreeHost;
import static jcuda.runtime.JCuda.cudaHostAlloc;
import static jcuda.runtime.JCuda.cudaHostAllocDefault;
import static jcuda.runtime.JCuda.cudaMalloc;
import static jcuda.runtime.JCuda.cudaMemcpyAsync;
import static jcuda.runtime.JCuda.cudaMemsetAsync;
import static jcuda.runtime.JCuda.cudaSetDevice;
import static jcuda.runtime.JCuda.cudaStreamCreateWithFlags;
import static jcuda.runtime.JCuda.cudaStreamDestroy;
import static jcuda.runtime.JCuda.cudaStreamNonBlocking;
import static jcuda.runtime.JCuda.cudaStreamSynchronize;
import static jcuda.runtime.JCuda.cudaStreamWaitEvent;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.runtime.JCuda;
import jcuda.runtime.cudaEvent_t;
import jcuda.runtime.cudaMemcpyKind;
import jcuda.runtime.cudaStream_t;

/** The runtime API on device 0; its streams and events are the driver's, which launches use. */
final class RuntimeCuda implements Cuda {
    RuntimeCuda() {
        JCudaDriver.setExceptionsEnabled(true);
        JCuda.setExceptionsEnabled(true);
        cudaSetDevice(0);
        // Makes the primary context current, which the driver's module and launch functions need.
        cudaFree(new Pointer());
    }

    @Override
    public CUdeviceptr allocate(long size) {
        var memory = new CUdeviceptr();
        cudaMalloc(memory, size);
        return memory;
    }

    @Override
    public void free(CUdeviceptr memory) {
        cudaFree(memory);
    }

    @Override
    public Pointer allocateHost(long size) {
        var memory = new Pointer();
        cudaHostAlloc(memory, size, cudaHostAllocDefault);
        return memory;
    }

    @Override
    public void freeHost(Pointer memory) {
        cudaFreeHost(memory);
    }

    @Override
    public CUstream createStream() {
        var stream = new cudaStream_t();
        cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking);
        return new CUstream(stream);
    }

    @Override
    public CUevent createEvent() {
        var event = new cudaEvent_t();
        cudaEventCreateWithFlags(event, cudaEventDisableTiming);
        return new CUevent(event);
    }

    @Override
    public void copyToDevice(CUdeviceptr to, Pointer from, long size, CUstream stream) {
        cudaMemcpyAsync(to, from, size, cudaMemcpyKind.cudaMemcpyHostToDevice, new cudaStream_t(stream));
    }

    @Override
    public void copyToHost(Pointer to, CUdeviceptr from, long size, CUstream stream) {
        cudaMemcpyAsync(to, from, size, cudaMemcpyKind.cudaMemcpyDeviceToHost, new cudaStream_t(stream));
    }

    @Override
    public void zero(CUdeviceptr memory, long size, CUstream stream) {
        cudaMemsetAsync(memory, 0, size, new cudaStream_t(stream));
    }

    @Override
    public void record(CUevent event, CUstream stream) {
        cudaEventRecord(new cudaEvent_t(event), new cudaStream_t(stream));
    }

    @Override
    public void await(CUstream stream, CUevent event) {
        cudaStreamWaitEvent(new cudaStream_t(stream), new cudaEvent_t(event), 0);
    }

    @Override
    public void synchronize(CUevent event) {
        cudaEventSynchronize(new cudaEvent_t(event));
    }

    @Override
    public void synchronize(CUstream stream) {
        cudaStreamSynchronize(new cudaStream_t(stream));
    }

    @Override
    public void destroy(CUstream stream) {
        cudaStreamDestroy(new cudaStream_t(stream));
    }

    @Override
    public void destroy(CUevent event) {
        cudaEventDestroy(new cudaEvent_t(event));
    }

    @Override
    public void close() {
        cudaDeviceReset();
    }
}
