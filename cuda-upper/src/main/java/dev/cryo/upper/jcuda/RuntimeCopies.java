package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Copies.Extent;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Notices;
import dev.cryo.upper.cuda.Place;
import dev.cryo.upper.cuda.Stream;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.runtime.cudaMemcpy3DParms;
import jcuda.runtime.cudaMemcpyKind;
import jcuda.runtime.cudaPitchedPtr;
import jcuda.runtime.cudaPos;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/** Copies. Arrays are refused. */
record RuntimeCopies(Cuda cuda) {
    private static final int INVALID_DIRECTION = 21;
    private static final int INVALID_PITCH = 12;

    void cudaMemcpy(Pointer target, Pointer source, long bytes, int kind) throws CudaError {
        linear(target, source, bytes, kind, legacy(), true);
    }

    void cudaMemcpyAsync(
            Pointer target, Pointer source, long bytes, int kind, @Nullable cudaStream_t stream) throws CudaError {
        linear(target, source, bytes, kind, stream(stream), false);
    }

    void cudaMemcpy2D(
            Pointer target, long targetPitch, Pointer source, long sourcePitch, long width, long height, int kind)
            throws CudaError {
        rows(target, targetPitch, source, sourcePitch, width, height, kind, legacy(), true);
    }

    void cudaMemcpy2DAsync(
            Pointer target,
            long targetPitch,
            Pointer source,
            long sourcePitch,
            long width,
            long height,
            int kind,
            @Nullable cudaStream_t stream)
            throws CudaError {
        rows(target, targetPitch, source, sourcePitch, width, height, kind, stream(stream), false);
    }

    void cudaMemcpy3D(cudaMemcpy3DParms copy) throws CudaError {
        slices(copy, legacy(), true);
    }

    void cudaMemcpy3DAsync(cudaMemcpy3DParms copy, @Nullable cudaStream_t stream) throws CudaError {
        slices(copy, stream(stream), false);
    }

    /** One end as the application describes it. */
    private record End(Pointer pointer, long pitch, long slice) {}

    private void linear(Pointer target, Pointer source, long bytes, int kind, Stream stream, boolean wait)
            throws CudaError {
        copy(new End(target, 0, 0), new End(source, 0, 0), Extent.linear(bytes), kind, stream, wait);
    }

    private void rows(
            Pointer target,
            long targetPitch,
            Pointer source,
            long sourcePitch,
            long width,
            long height,
            int kind,
            Stream stream,
            boolean wait)
            throws CudaError {
        if (targetPitch < width || sourcePitch < width) {
            throw new CudaError(INVALID_PITCH);
        }
        End to = new End(target, targetPitch, 0);
        copy(to, new End(source, sourcePitch, 0), new Extent(width, height, 1), kind, stream, wait);
    }

    private void slices(cudaMemcpy3DParms it, Stream stream, boolean wait) throws CudaError {
        if (isArray(it.srcArray) || isArray(it.dstArray)) {
            Notices.sayOnce("a copy of a CUDA array is not supported");
            throw new CudaError(CudaResult.NOT_SUPPORTED);
        }
        Extent extent = new Extent(it.extent.width, it.extent.height, it.extent.depth);
        copy(end(it.dstPtr, it.dstPos), end(it.srcPtr, it.srcPos), extent, it.kind, stream, wait);
    }

    private static boolean isArray(@Nullable NativePointerObject array) {
        return Pointers.value(array) != 0;
    }

    private static End end(cudaPitchedPtr pitched, @Nullable cudaPos position) {
        long slice = pitched.pitch * pitched.ysize;
        long offset = position == null ? 0 : position.z * slice + position.y * pitched.pitch + position.x;
        return new End(offset == 0 ? pitched.ptr : pitched.ptr.withByteOffset(offset), pitched.pitch, slice);
    }

    private void copy(End target, End source, Extent extent, int kind, Stream stream, boolean wait) throws CudaError {
        boolean toHost;
        boolean fromHost;
        switch (kind) {
            case cudaMemcpyKind.cudaMemcpyHostToHost -> {
                toHost = true;
                fromHost = true;
            }
            case cudaMemcpyKind.cudaMemcpyHostToDevice -> {
                toHost = false;
                fromHost = true;
            }
            case cudaMemcpyKind.cudaMemcpyDeviceToHost -> {
                toHost = true;
                fromHost = false;
            }
            case cudaMemcpyKind.cudaMemcpyDeviceToDevice -> {
                toHost = false;
                fromHost = false;
            }
            case cudaMemcpyKind.cudaMemcpyDefault -> {
                // An address tells what it is; what the upper half did not hand out is the host's.
                toHost = true;
                fromHost = true;
            }
            default -> throw new CudaError(INVALID_DIRECTION);
        }
        if (extent.width() == 0 || extent.height() == 0 || extent.depth() == 0) {
            return;
        }
        Place to = place(target, extent, toHost);
        cuda.copies().copy(stream, place(source, extent, fromHost), to, extent, wait);
        HostPlaces.written(target.pointer(), to);
    }

    private Place place(End end, Extent extent, boolean isHost) throws CudaError {
        return isHost
                ? HostPlaces.host(cuda.copies(), end.pointer(), end.pitch(), end.slice(), extent)
                : HostPlaces.device(cuda.copies(), end.pointer(), end.pitch(), end.slice());
    }

    private Stream legacy() throws CudaError {
        return cuda.runtime().current().legacy();
    }

    private Stream stream(@Nullable cudaStream_t stream) throws CudaError {
        Context current = cuda.runtime().current();
        return cuda.streams().of(current, Pointers.value(stream));
    }
}
