package dev.cryo.upper.jcuda;

import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Copies;
import dev.cryo.upper.cuda.Copies.Extent;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Place;
import dev.cryo.upper.cuda.Stream;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import org.jspecify.annotations.Nullable;

/** Copies of consecutive bytes. */
record DriverCopies(Cuda cuda) {
    void cuMemcpy(CUdeviceptr target, CUdeviceptr source, long bytes) throws CudaError {
        any(target, source, bytes, legacy(), true);
    }

    void cuMemcpyAsync(CUdeviceptr target, CUdeviceptr source, long bytes, @Nullable CUstream stream) throws CudaError {
        any(target, source, bytes, stream(stream), false);
    }

    void cuMemcpyHtoD(CUdeviceptr target, Pointer source, long bytes) throws CudaError {
        toDevice(target, source, bytes, legacy(), true);
    }

    void cuMemcpyHtoDAsync(CUdeviceptr target, Pointer source, long bytes, @Nullable CUstream stream) throws CudaError {
        toDevice(target, source, bytes, stream(stream), false);
    }

    void cuMemcpyDtoH(Pointer target, CUdeviceptr source, long bytes) throws CudaError {
        toHost(target, source, bytes, legacy(), true);
    }

    void cuMemcpyDtoHAsync(Pointer target, CUdeviceptr source, long bytes, @Nullable CUstream stream) throws CudaError {
        toHost(target, source, bytes, stream(stream), false);
    }

    void cuMemcpyDtoD(CUdeviceptr target, CUdeviceptr source, long bytes) throws CudaError {
        inDevice(target, source, bytes, legacy(), true);
    }

    void cuMemcpyDtoDAsync(
            CUdeviceptr target, CUdeviceptr source, long bytes, @Nullable CUstream stream) throws CudaError {
        inDevice(target, source, bytes, stream(stream), false);
    }

    private void any(Pointer target, Pointer source, long bytes, Stream stream, boolean wait) throws CudaError {
        Extent extent = Extent.linear(bytes);
        Place to = HostPlaces.host(copies(), target, 0, 0, extent);
        copies().copy(stream, HostPlaces.host(copies(), source, 0, 0, extent), to, extent, wait);
        HostPlaces.written(target, to);
    }

    private void toDevice(Pointer target, Pointer source, long bytes, Stream stream, boolean wait) throws CudaError {
        Extent extent = Extent.linear(bytes);
        Place from = HostPlaces.host(copies(), source, 0, 0, extent);
        copies().copy(stream, from, HostPlaces.device(copies(), target, 0, 0), extent, wait);
    }

    private void toHost(Pointer target, Pointer source, long bytes, Stream stream, boolean wait) throws CudaError {
        Extent extent = Extent.linear(bytes);
        Place to = HostPlaces.host(copies(), target, 0, 0, extent);
        copies().copy(stream, HostPlaces.device(copies(), source, 0, 0), to, extent, wait);
        HostPlaces.written(target, to);
    }

    private void inDevice(Pointer target, Pointer source, long bytes, Stream stream, boolean wait) throws CudaError {
        Place from = HostPlaces.device(copies(), source, 0, 0);
        copies().copy(stream, from, HostPlaces.device(copies(), target, 0, 0), Extent.linear(bytes), wait);
    }

    private Copies copies() {
        return cuda.copies();
    }

    private Stream legacy() throws CudaError {
        return cuda.contexts().current().legacy();
    }

    private Stream stream(@Nullable CUstream stream) throws CudaError {
        Context current = cuda.contexts().current();
        return cuda.streams().of(current, Pointers.value(stream));
    }
}
