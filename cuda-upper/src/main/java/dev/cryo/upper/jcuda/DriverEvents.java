package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Event;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import org.jspecify.annotations.Nullable;

/** Events. */
record DriverEvents(Cuda cuda) {
    void cuEventCreate(CUevent event, int flags) throws CudaError {
        Pointers.set(event, cuda.events().create(cuda.contexts().current(), flags).id());
    }

    void cuEventRecord(CUevent event, @Nullable CUstream stream) throws CudaError {
        Context current = cuda.contexts().current();
        cuda.events().record(event(event), cuda.streams().of(current, Pointers.value(stream)));
    }

    void cuEventRecordWithFlags(CUevent event, @Nullable CUstream stream, int flags) throws CudaError {
        if ((flags & ~1) != 0) {
            cuda.contexts().current();
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        cuEventRecord(event, stream);
    }

    void cuEventQuery(CUevent event) throws CudaError {
        cuda.events().query(checked(event));
    }

    void cuEventSynchronize(CUevent event) throws CudaError {
        cuda.events().synchronize(checked(event));
    }

    void cuEventDestroy(CUevent event) throws CudaError {
        cuda.events().destroy(checked(event));
    }

    void cuEventElapsedTime(float[] milliseconds, CUevent start, CUevent end) throws CudaError {
        milliseconds[0] = cuda.events().elapsed(checked(start), event(end));
    }

    private Event checked(CUevent event) throws CudaError {
        cuda.devices().check();
        return event(event);
    }

    private Event event(CUevent event) throws CudaError {
        return cuda.events().of(Pointers.handle(event));
    }
}
