package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The contexts, and which one is current to which thread. Thread-safe. */
final class Contexts {
    private final Handles handles;
    private final ProcessError error;
    private final ThreadLocal<@Nullable Context> current = new ThreadLocal<>();
    private volatile boolean initialized;
    private @Nullable Context primary;
    private int retained;

    Contexts(Handles handles, ProcessError error) {
        this.handles = handles;
        this.error = error;
    }

    void initialize() {
        initialized = true;
    }

    void requireInitialized() throws DriverException {
        if (!initialized) {
            throw new DriverException(CudaResult.NOT_INITIALIZED, "the driver is not initialized");
        }
    }

    synchronized long retainPrimary() throws DriverException {
        error.requireNone();
        Context context = primary;
        if (context == null) {
            context = new Context(handles.next(), true, error);
            handles.add(context.handle, context);
            primary = context;
        }
        retained++;
        return context.handle;
    }

    /** Returns the primary context if nobody has it any more; null if somebody has. */
    synchronized @Nullable Context releasePrimary() throws DriverException {
        Context context = primary;
        if (context == null) {
            throw new DriverException(CudaResult.INVALID_CONTEXT, "the primary context was not retained");
        }
        retained--;
        if (retained > 0) {
            return null;
        }
        primary = null;
        return context;
    }

    Context create() throws DriverException {
        error.requireNone();
        Context context = new Context(handles.next(), false, error);
        handles.add(context.handle, context);
        return context;
    }

    /** Finds a context that is about to end, and takes it from the calling thread. */
    Context destroy(long handle) throws DriverException {
        Context context = handles.get(handle, Context.class, CudaResult.INVALID_CONTEXT);
        if (context.primary) {
            throw new DriverException(CudaResult.INVALID_CONTEXT, context + " is released, not destroyed");
        }
        if (current.get() == context) {
            current.remove();
        }
        return context;
    }

    /** Forgets a context with its streams and events. */
    void forget(Context context) {
        handles.remove(context.handle);
        handles.all(Stream.class).stream()
                .filter(stream -> stream.context == context)
                .forEach(stream -> handles.remove(stream.handle));
        handles.all(Event.class).stream()
                .filter(event -> event.context == context)
                .forEach(event -> handles.remove(event.handle));
    }

    void makeCurrent(long handle) throws DriverException {
        if (handle == 0) {
            current.remove();
        } else {
            current.set(handles.get(handle, Context.class, CudaResult.INVALID_CONTEXT));
        }
    }

    /** The calling thread's context. */
    Context current() throws DriverException {
        Context context = current.get();
        if (context == null) {
            throw new DriverException(CudaResult.INVALID_CONTEXT, "no context is current to this thread");
        }
        context.requireUsable();
        return context;
    }

    void requireCurrentIsUsableIfAny() throws DriverException {
        Context context = current.get();
        if (context != null) {
            context.requireUsable();
        }
    }

    /** The end of all work that the device was given so far. */
    CompletableFuture<Void> allWork() {
        return CompletableFuture.allOf(all().stream().map(Context::allWork).toArray(CompletableFuture<?>[]::new));
    }

    List<Context> all() {
        return handles.all(Context.class);
    }

    synchronized List<String> leaks() {
        List<String> leaks = new ArrayList<>();
        for (Context context : all()) {
            leaks.add(context + (context.primary ? ", retained " + retained + " times" : ""));
        }
        return leaks;
    }
}
