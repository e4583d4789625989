package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Streams. Thread-safe. */
public final class Streams {
    /** The lowest priority. */
    public static final int LEAST_PRIORITY = 0;
    /** The highest priority. */
    public static final int GREATEST_PRIORITY = -5;

    private static final int NON_BLOCKING = 1;
    private static final long LEGACY = 1;
    private static final long PER_THREAD = 2;
    private static final int FEW = 16;

    private final Calls calls;
    private final HandleTable handles;
    private final Contexts contexts;
    private final List<OfThread> ofThreads = new ArrayList<>();
    /** With so many of {@link #ofThreads} those of ended threads are looked for; at least half of them lived then. */
    private int enough = FEW;

    /** A thread's own default stream, which ends with its thread. */
    private record OfThread(WeakReference<Thread> thread, Stream stream) {
        boolean hasEnded() {
            Thread alive = thread.get();
            return alive == null || !alive.isAlive();
        }
    }

    Streams(Calls calls, HandleTable handles, Contexts contexts) {
        this.calls = calls;
        this.handles = handles;
        this.contexts = contexts;
    }

    /**
     * The stream of a handle.
     *
     * @param current the current context, whose default stream 0 is
     * @throws CudaError INVALID_HANDLE if it is none, or the error that sticks to its context
     */
    public Stream of(Context current, long handle) throws CudaError {
        if (handle == 0 || handle == LEGACY) {
            return current.legacy();
        }
        if (handle == PER_THREAD) {
            return ofThread(current);
        }
        if (handles.get(handle) instanceof Stream stream) {
            if (stream.context() != current) {
                stream.context().check();
            }
            return stream;
        }
        throw new CudaError(CudaResult.INVALID_HANDLE);
    }

    private Stream ofThread(Context context) {
        Map<Context, Stream> known = contexts.thread().streams();
        @Nullable Stream stream = known.get(context);
        if (stream == null) {
            known.keySet().removeIf(Context::isDestroyed);
            stream = open(context, 0, LEAST_PRIORITY);
            known.put(context, stream);
            endThoseOfEndedThreads(new OfThread(new WeakReference<>(Thread.currentThread()), stream));
        }
        return stream;
    }

    /** No code of CUDA runs at the end of a Java thread, so who makes a stream looks after those who have ended. */
    private void endThoseOfEndedThreads(OfThread added) {
        List<OfThread> ended = new ArrayList<>();
        synchronized (ofThreads) {
            ofThreads.add(added);
            if (ofThreads.size() < enough) {
                return;
            }
            for (OfThread each : ofThreads) {
                if (each.hasEnded() || each.stream().context().isDestroyed()) {
                    ended.add(each);
                }
            }
            ofThreads.removeAll(new HashSet<>(ended));
            enough = Math.max(FEW, 2 * ofThreads.size());
        }
        ended.forEach(each -> end(each.stream()));
    }

    /** Creates a stream. */
    public Stream create(Context context, int flags, int priority) throws CudaError {
        if ((flags & ~NON_BLOCKING) != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        return open(context, flags, Math.clamp(priority, GREATEST_PRIORITY, LEAST_PRIORITY));
    }

    private Stream open(Context context, int flags, int priority) {
        Stream stream = new Stream(handles.reserve(), context, flags, priority);
        calls.queue(new Call.StreamCreate(stream.id(), context.id(), flags, priority));
        context.owned().add(stream);
        handles.put(stream);
        return stream;
    }

    /** Destroys a stream that was created. */
    public void destroy(Context current, long handle) throws CudaError {
        Stream stream = of(current, handle);
        if (!stream.context().owned().contains(stream) || handle == PER_THREAD || !end(stream)) {
            throw new CudaError(CudaResult.INVALID_HANDLE);
        }
    }

    /** Ends a stream; false if it has ended before, be it with its context. */
    private boolean end(Stream stream) {
        if (!handles.remove(stream)) {
            return false;
        }
        stream.context().owned().remove(stream);
        calls.queue(new Call.StreamDestroy(stream.id()));
        return true;
    }

    /** Makes a stream wait for what an event recorded; an event that recorded nothing holds up nothing. */
    public void await(Stream stream, Event event) {
        if (event.isRecorded()) {
            calls.queue(new Call.StreamWait(stream.id(), event.id()));
        }
    }

    /** Waits for the work of a stream. */
    public void synchronize(Stream stream) throws CudaError {
        calls.call(stream.context(), new Call.StreamSync(stream.id()));
    }

    /** Passes if the work of a stream has ended. */
    public void query(Stream stream) throws CudaError {
        calls.call(stream.context(), new Call.StreamQuery(stream.id()));
    }
}
