package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Stream;
import jcuda.runtime.cudaEvent_t;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/** Streams. */
record RuntimeStreams(Cuda cuda) {
    void cudaStreamCreate(cudaStream_t stream) throws CudaError {
        create(stream, 0, 0);
    }

    void cudaStreamCreateWithFlags(cudaStream_t stream, int flags) throws CudaError {
        create(stream, flags, 0);
    }

    void cudaStreamCreateWithPriority(cudaStream_t stream, int flags, int priority) throws CudaError {
        create(stream, flags, priority);
    }

    private void create(cudaStream_t stream, int flags, int priority) throws CudaError {
        Context current = cuda.runtime().current();
        Pointers.set(stream, cuda.streams().create(current, flags, priority).id());
    }

    void cudaStreamGetPriority(@Nullable cudaStream_t stream, int[] priority) throws CudaError {
        priority[0] = stream(stream).priority();
    }

    void cudaStreamGetFlags(@Nullable cudaStream_t stream, int[] flags) throws CudaError {
        flags[0] = stream(stream).flags();
    }

    void cudaStreamGetId(@Nullable cudaStream_t stream, long[] id) throws CudaError {
        id[0] = stream(stream).id();
    }

    void cudaStreamWaitEvent(@Nullable cudaStream_t stream, cudaEvent_t event, int flags) throws CudaError {
        Stream waiting = stream(stream);
        if ((flags & ~1) != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        cuda.streams().await(waiting, cuda.events().of(Pointers.handle(event)));
    }

    void cudaStreamQuery(@Nullable cudaStream_t stream) throws CudaError {
        cuda.streams().query(stream(stream));
    }

    void cudaStreamSynchronize(@Nullable cudaStream_t stream) throws CudaError {
        cuda.streams().synchronize(stream(stream));
    }

    void cudaStreamDestroy(cudaStream_t stream) throws CudaError {
        cuda.streams().destroy(cuda.runtime().current(), Pointers.value(stream));
    }

    private Stream stream(@Nullable cudaStream_t stream) throws CudaError {
        return cuda.streams().of(cuda.runtime().current(), Pointers.value(stream));
    }
}
