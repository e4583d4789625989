package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Event;
import jcuda.runtime.cudaEvent_t;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/** Events. */
record RuntimeEvents(Cuda cuda) {
    void cudaEventCreate(cudaEvent_t event) throws CudaError {
        cudaEventCreateWithFlags(event, 0);
    }

    void cudaEventCreateWithFlags(cudaEvent_t event, int flags) throws CudaError {
        Pointers.set(event, cuda.events().create(cuda.runtime().current(), flags).id());
    }

    void cudaEventRecord(cudaEvent_t event, @Nullable cudaStream_t stream) throws CudaError {
        Context current = cuda.runtime().current();
        cuda.events().record(event(event), cuda.streams().of(current, Pointers.value(stream)));
    }

    void cudaEventRecordWithFlags(cudaEvent_t event, @Nullable cudaStream_t stream, int flags) throws CudaError {
        if ((flags & ~1) != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        cudaEventRecord(event, stream);
    }

    void cudaEventQuery(cudaEvent_t event) throws CudaError {
        cuda.runtime().current();
        cuda.events().query(event(event));
    }

    void cudaEventSynchronize(cudaEvent_t event) throws CudaError {
        cuda.runtime().current();
        cuda.events().synchronize(event(event));
    }

    void cudaEventDestroy(cudaEvent_t event) throws CudaError {
        cuda.runtime().current();
        cuda.events().destroy(event(event));
    }

    void cudaEventElapsedTime(float[] milliseconds, cudaEvent_t start, cudaEvent_t end) throws CudaError {
        cuda.runtime().current();
        milliseconds[0] = cuda.events().elapsed(event(start), event(end));
    }

    private Event event(cudaEvent_t event) throws CudaError {
        return cuda.events().of(Pointers.handle(event));
    }
}
