package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Stream;
import jcuda.driver.CUcontext;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import org.jspecify.annotations.Nullable;

/** Streams. */
record DriverStreams(Cuda cuda) {
    void cuStreamCreate(CUstream stream, int flags) throws CudaError {
        create(stream, flags, 0);
    }

    void cuStreamCreateWithPriority(CUstream stream, int flags, int priority) throws CudaError {
        create(stream, flags, priority);
    }

    private void create(CUstream stream, int flags, int priority) throws CudaError {
        Context current = cuda.contexts().current();
        Pointers.set(stream, cuda.streams().create(current, flags, priority).id());
    }

    void cuStreamGetPriority(@Nullable CUstream stream, int[] priority) throws CudaError {
        priority[0] = stream(stream).priority();
    }

    void cuStreamGetFlags(@Nullable CUstream stream, int[] flags) throws CudaError {
        flags[0] = stream(stream).flags();
    }

    void cuStreamGetId(@Nullable CUstream stream, long[] id) throws CudaError {
        id[0] = stream(stream).id();
    }

    void cuStreamGetCtx(@Nullable CUstream stream, CUcontext context) throws CudaError {
        Pointers.set(context, stream(stream).context().id());
    }

    void cuStreamWaitEvent(@Nullable CUstream stream, CUevent event, int flags) throws CudaError {
        Stream waiting = stream(stream);
        if ((flags & ~1) != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        cuda.streams().await(waiting, cuda.events().of(Pointers.handle(event)));
    }

    void cuStreamQuery(@Nullable CUstream stream) throws CudaError {
        cuda.streams().query(stream(stream));
    }

    void cuStreamSynchronize(@Nullable CUstream stream) throws CudaError {
        cuda.streams().synchronize(stream(stream));
    }

    void cuStreamDestroy(CUstream stream) throws CudaError {
        cuda.streams().destroy(cuda.contexts().current(), Pointers.value(stream));
    }

    private Stream stream(@Nullable CUstream stream) throws CudaError {
        return cuda.streams().of(cuda.contexts().current(), Pointers.value(stream));
    }
}
