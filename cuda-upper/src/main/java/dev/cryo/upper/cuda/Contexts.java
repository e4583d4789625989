package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import org.jspecify.annotations.Nullable;

/**
 * The contexts of the process and which of them is current in each thread. Thread-safe; a thread's stack of contexts is
 * its own.
 */
public final class Contexts {
    private final Calls calls;
    private final HandleTable handles;
    private final Devices devices;
    private final ThreadLocal<ThreadState> threads = ThreadLocal.withInitial(ThreadState::new);
    private final ContextEnd end;

    Contexts(Calls calls, HandleTable handles, Devices devices, ContextEnd end) {
        this.calls = calls;
        this.handles = handles;
        this.devices = devices;
        this.end = end;
    }

    /** What else ends with a context. */
    interface ContextEnd {
        /** Before the lower half ends it. */
        void ending(Context context);

        /** After that. */
        void ended(Context context);
    }

    ThreadState thread() {
        return threads.get();
    }

    /**
     * The current context of this thread.
     *
     * @throws CudaError NOT_INITIALIZED, INVALID_CONTEXT if there is none, or the error that sticks to it
     */
    public Context current() throws CudaError {
        Context context = threads.get().top();
        if (context == null) {
            devices.check();
            throw new CudaError(CudaResult.INVALID_CONTEXT);
        }
        context.check();
        return context;
    }

    /** The current context of this thread, in whatever state, or null. */
    public @Nullable Context peek() throws CudaError {
        devices.check();
        return threads.get().top();
    }

    /**
     * The live context of a handle.
     *
     * @throws CudaError INVALID_CONTEXT if the handle is none
     */
    public Context of(long handle) throws CudaError {
        devices.check();
        if (handles.get(handle) instanceof Context context) {
            return context;
        }
        throw new CudaError(CudaResult.INVALID_CONTEXT);
    }

    /** Creates a context and makes it current. */
    public Context create(int flags, long device) throws CudaError {
        devices.info(device);
        Context context = open(handles.reserve(), (int) device, false, flags);
        threads.get().push(context);
        return context;
    }

    Context open(long id, int device, boolean primary, int flags) throws CudaError {
        long stream = handles.reserve();
        try {
            calls.call(new Call.CtxCreate(id, stream, device, flags, primary));
        } catch (CudaError e) {
            handles.giveBack(stream);
            if (!primary) {
                handles.giveBack(id);
            }
            throw e;
        }
        return register(new Context(calls, id, stream, device, primary, flags));
    }

    Context register(Context context) {
        calls.watch(context);
        handles.put(context);
        handles.put(context.legacy());
        return context;
    }

    /** Ends a context that is not primary; it is taken off the stack of this thread if it is its top. */
    public void destroy(long handle) throws CudaError {
        Context context = of(handle);
        if (context.isPrimary()) {
            throw new CudaError(CudaResult.INVALID_CONTEXT);
        }
        if (!handles.remove(context)) {
            throw new CudaError(CudaResult.INVALID_CONTEXT);
        }
        if (threads.get().top() == context) {
            threads.get().pop();
        }
        close(context);
    }

    /** Ends a context whose handle, unless it is primary, is forgotten. */
    void close(Context context) throws CudaError {
        context.fail(CudaResult.CONTEXT_IS_DESTROYED);
        calls.unwatch(context);
        handles.remove(context.legacy());
        context.owned().forEach(handles::remove);
        context.owned().clear();
        end.ending(context);
        try {
            calls.call(new Call.CtxDestroy(context.id()));
        } finally {
            // Only now may others get the addresses.
            end.ended(context);
        }
    }

    /** Makes a context current, on top of the one that is. */
    public void push(long handle) throws CudaError {
        threads.get().push(of(handle));
    }

    /** Takes the current context away; the one below it becomes current. */
    public Context pop() throws CudaError {
        devices.check();
        return threads.get().pop();
    }

    /** Makes a context current in the place of the one that is; 0 takes that one away. */
    public void setCurrent(long handle) throws CudaError {
        devices.check();
        threads.get().setTop(handle == 0 ? null : of(handle));
    }

    /** Waits for all work of the current context. */
    public void synchronize(Context context) throws CudaError {
        calls.call(context, new Call.CtxSync(context.id()));
    }

    /** Free and total memory, in bytes. */
    public Call.MemInfo.Result memory(Context context) throws CudaError {
        return calls.call(context, new Call.MemInfo(context.id()));
    }
}
