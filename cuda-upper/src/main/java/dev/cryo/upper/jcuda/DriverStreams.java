package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Stream;
import jcuda.driver.CUcontext;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;

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

    void cuStreamGetPriority(CUstream stream, int[] priority) throws CudaError {
        priority[0] = stream(stream).priority();
    }

    void cuStreamGetFlags(CUstream stream, int[] flags) throws CudaError {
        flags[0] = stream(stream).flags();
    }

    void cuStreamGetId(CUstream stream, long[] id) throws CudaError {
        id[0] = stream(stream).id();
    }

    void cuStreamGetCtx(CUstream stream, CUcontext context) throws CudaError {
        Pointers.set(context, stream(stream).context().id());
    }

    void cuStreamWaitEvent(CUstream stream, CUevent event, int flags) throws CudaError {
        Stream waiting = stream(stream);
        if ((flags & ~1) != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        cuda.streams().await(waiting, cuda.events().of(Pointers.handle(event)));
    }

    void cuStreamQuery(CUstream stream) throws CudaError {
        cuda.streams().query(stream(stream));
    }

    void cuStreamSynchronize(CUstream stream) throws CudaError {
        cuda.streams().synchronize(stream(stream));
    }

    void cuStreamDestroy(CUstream stream) throws CudaError {
        cuda.streams().destroy(cuda.contexts().current(), Pointers.value(stream));
    }

    private Stream stream(CUstream stream) throws CudaError {
        return cuda.streams().of(cuda.contexts().current(), Pointers.value(stream));
    }
}
