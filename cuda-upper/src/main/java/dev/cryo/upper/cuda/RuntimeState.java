package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.CudaResult;

/**
 * What the runtime API adds to the driver's: it initialises itself, each thread has a device whose primary context it
 * uses unless another is current, and remembers its last error. Thread-safe.
 */
public final class RuntimeState {
    private final Devices devices;
    private final Contexts contexts;
    private final PrimaryContexts primaries;

    RuntimeState(Devices devices, Contexts contexts, PrimaryContexts primaries) {
        this.devices = devices;
        this.contexts = contexts;
        this.primaries = primaries;
    }

    /** The current context, made current where none is. */
    public Context current() throws CudaError {
        ThreadState thread = contexts.thread();
        Context context = thread.top();
        if (context != null && !(context.isPrimary() && context.isDestroyed())) {
            context.check();
            return context;
        }
        return enter(thread);
    }

    private Context enter(ThreadState thread) throws CudaError {
        devices.initialize();
        Context context = primaries.activate(thread.device());
        thread.setTop(context);
        context.check();
        return context;
    }

    /** The thread's device: that of its current context, if it has one. */
    public int device() throws CudaError {
        devices.initialize();
        ThreadState thread = contexts.thread();
        Context context = thread.top();
        return context == null ? thread.device() : context.device();
    }

    /** Chooses the thread's device and makes its primary context current. */
    public void setDevice(int device) throws CudaError {
        devices.initialize();
        devices.info(device);
        ThreadState thread = contexts.thread();
        thread.setDevice(device);
        enter(thread);
    }

    /** Initialises the driver, without a context. */
    public void initialize() throws CudaError {
        devices.initialize();
    }

    /** Ends the primary context of the thread's device; the next call that needs it begins a new one. */
    public void reset() throws CudaError {
        primaries.reset(device());
    }

    /** Remembers what a function answers, and answers it. */
    public int answer(int code) {
        if (code != CudaResult.SUCCESS) {
            contexts.thread().setLastError(code);
        }
        return code;
    }

    /** The last error of this thread; taking it forgets it, unless it sticks to the context. */
    public int lastError(boolean take) {
        ThreadState thread = contexts.thread();
        int code = thread.lastError();
        if (code == CudaResult.SUCCESS && thread.top() != null) {
            code = sticking(thread.top());
        }
        if (take) {
            thread.setLastError(CudaResult.SUCCESS);
        }
        return code;
    }

    private static int sticking(Context context) {
        try {
            if (!context.isDestroyed()) {
                context.check();
            }
            return CudaResult.SUCCESS;
        } catch (CudaError e) {
            return e.code();
        }
    }
}
