package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Copies;
import dev.cryo.upper.cuda.Copies.Extent;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Notices;
import dev.cryo.upper.cuda.Place;
import dev.cryo.upper.cuda.Stream;
import jcuda.Pointer;
import jcuda.driver.CUDA_MEMCPY2D;
import jcuda.driver.CUDA_MEMCPY3D;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmemorytype;
import jcuda.driver.CUstream;
import org.jspecify.annotations.Nullable;

/** Copies of rows and slices. Arrays are refused. */
record DriverCopies2D(Cuda cuda) {
    void cuMemcpy2D(CUDA_MEMCPY2D copy) throws CudaError {
        copy(copy, legacy(), true);
    }

    void cuMemcpy2DUnaligned(CUDA_MEMCPY2D copy) throws CudaError {
        copy(copy, legacy(), true);
    }

    void cuMemcpy2DAsync(CUDA_MEMCPY2D copy, @Nullable CUstream stream) throws CudaError {
        copy(copy, stream(stream), false);
    }

    void cuMemcpy3D(CUDA_MEMCPY3D copy) throws CudaError {
        copy(copy, legacy(), true);
    }

    void cuMemcpy3DAsync(CUDA_MEMCPY3D copy, @Nullable CUstream stream) throws CudaError {
        copy(copy, stream(stream), false);
    }

    /** One end as the application describes it. */
    private record End(
            int type, Pointer host, CUdeviceptr device, long x, long y, long z, long pitch, long height) {}

    private void copy(CUDA_MEMCPY2D it, Stream stream, boolean wait) throws CudaError {
        copy(
                new End(it.srcMemoryType, it.srcHost, it.srcDevice, it.srcXInBytes, it.srcY, 0, it.srcPitch, 0),
                new End(it.dstMemoryType, it.dstHost, it.dstDevice, it.dstXInBytes, it.dstY, 0, it.dstPitch, 0),
                new Extent(it.WidthInBytes, it.Height, 1),
                stream,
                wait);
    }

    private void copy(CUDA_MEMCPY3D it, Stream stream, boolean wait) throws CudaError {
        if (it.srcLOD != 0 || it.dstLOD != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        copy(
                new End(
                        it.srcMemoryType,
                        it.srcHost,
                        it.srcDevice,
                        it.srcXInBytes,
                        it.srcY,
                        it.srcZ,
                        it.srcPitch,
                        it.srcHeight),
                new End(
                        it.dstMemoryType,
                        it.dstHost,
                        it.dstDevice,
                        it.dstXInBytes,
                        it.dstY,
                        it.dstZ,
                        it.dstPitch,
                        it.dstHeight),
                new Extent(it.WidthInBytes, it.Height, it.Depth),
                stream,
                wait);
    }

    private void copy(End source, End target, Extent extent, Stream stream, boolean wait) throws CudaError {
        Place to = place(target, extent);
        cuda.copies().copy(stream, place(source, extent), to, extent, wait);
        if (target.type() == CUmemorytype.CU_MEMORYTYPE_HOST) {
            HostPlaces.written(target.host(), to);
        }
    }

    private Place place(End end, Extent extent) throws CudaError {
        Copies copies = cuda.copies();
        long pitch = end.pitch() == 0 ? extent.width() : end.pitch();
        long slice = pitch * (end.height() == 0 ? extent.height() : end.height());
        long offset = end.z() * slice + end.y() * pitch + end.x();
        switch (end.type()) {
            case CUmemorytype.CU_MEMORYTYPE_HOST -> {
                return HostPlaces.host(copies, end.host().withByteOffset(offset), pitch, slice, extent);
            }
            case CUmemorytype.CU_MEMORYTYPE_DEVICE -> {
                return HostPlaces.device(copies, end.device().withByteOffset(offset), pitch, slice);
            }
            case CUmemorytype.CU_MEMORYTYPE_UNIFIED -> {
                return HostPlaces.host(copies, end.device().withByteOffset(offset), pitch, slice, extent);
            }
            case CUmemorytype.CU_MEMORYTYPE_ARRAY -> {
                Notices.sayOnce("a copy of a CUDA array is not supported");
                throw new CudaError(CudaResult.NOT_SUPPORTED);
            }
            default -> throw new CudaError(CudaResult.INVALID_VALUE);
        }
    }

    private Stream legacy() throws CudaError {
        return cuda.contexts().current().legacy();
    }

    private Stream stream(@Nullable CUstream stream) throws CudaError {
        return cuda.streams().of(cuda.contexts().current(), Pointers.value(stream));
    }
}
