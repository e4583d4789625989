package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;

/** Events. Thread-safe. */
public final class Events {
    private static final int BLOCKING_SYNC = 1;
    private static final int NANOS_PER_MILLI = 1_000_000;

    private final Calls calls;
    private final HandleTable handles;

    Events(Calls calls, HandleTable handles) {
        this.calls = calls;
        this.handles = handles;
    }

    /**
     * The event of a handle.
     *
     * @throws CudaError INVALID_HANDLE if it is none, or the error that sticks to its context
     */
    public Event of(long handle) throws CudaError {
        if (handles.get(handle) instanceof Event event) {
            event.context().check();
            return event;
        }
        throw new CudaError(CudaResult.INVALID_HANDLE);
    }

    /**
     * Creates an event.
     *
     * @throws CudaError INVALID_VALUE for unknown flags, NOT_SUPPORTED for one that other processes could open
     */
    public Event create(Context context, int flags) throws CudaError {
        if ((flags & ~(BLOCKING_SYNC | Event.DISABLE_TIMING | Event.INTERPROCESS)) != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        if ((flags & Event.INTERPROCESS) != 0) {
            throw new CudaError(CudaResult.NOT_SUPPORTED);
        }
        Event event = new Event(handles.reserve(), context, flags);
        calls.queue(new Call.EventCreate(event.id(), context.id(), flags));
        context.owned().add(event);
        handles.put(event);
        return event;
    }

    /** Destroys an event; what waits for it goes on waiting. */
    public void destroy(Event event) throws CudaError {
        if (!handles.remove(event)) {
            throw new CudaError(CudaResult.INVALID_HANDLE);
        }
        event.context().owned().remove(event);
        calls.queue(new Call.EventDestroy(event.id()));
    }

    /** Records the work of a stream so far; both must be of one context. */
    public void record(Event event, Stream stream) throws CudaError {
        if (event.context() != stream.context()) {
            throw new CudaError(CudaResult.INVALID_HANDLE);
        }
        calls.queue(new Call.EventRecord(event.id(), stream.id()));
        event.recorded();
    }

    /** Waits for what an event recorded. */
    public void synchronize(Event event) throws CudaError {
        if (event.isRecorded()) {
            calls.call(event.context(), new Call.EventSync(event.id()));
        }
    }

    /** Passes if what an event recorded has ended. */
    public void query(Event event) throws CudaError {
        if (event.isRecorded()) {
            calls.call(event.context(), new Call.EventQuery(event.id()));
        }
    }

    /** The time between two events, in milliseconds. */
    public float elapsed(Event start, Event end) throws CudaError {
        boolean timed = start.isTimed() && end.isTimed();
        if (!timed || !start.isRecorded() || !end.isRecorded() || start.context() != end.context()) {
            throw new CudaError(CudaResult.INVALID_HANDLE);
        }
        long nanos = calls.call(start.context(), new Call.EventElapsed(start.id(), end.id()))
                .nanoseconds();
        return (float) ((double) nanos / NANOS_PER_MILLI);
    }
}
