package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.CudaResult;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The primary context of each device. It has the same handle in all its lives. Thread-safe.
 *
 * <pre>
 *   inactive --retain--> active --last release, reset--> inactive
 * </pre>
 */
public final class PrimaryContexts {
    private static final int FLAGS = 0xff;

    private final Devices devices;
    private final Contexts contexts;
    private final HandleTable handles;
    private final Map<Integer, Primary> primaries = new HashMap<>();

    PrimaryContexts(Devices devices, Contexts contexts, HandleTable handles) {
        this.devices = devices;
        this.contexts = contexts;
        this.handles = handles;
    }

    private static final class Primary {
        final long id;
        @Nullable Context context;
        int retained;
        int flags;

        Primary(long id) {
            this.id = id;
        }
    }

    /** Whether a primary context is active, and the flags that it has or will have. */
    public record State(boolean active, int flags) {}

    /** Activates the context where it is not, and counts one more that needs it. */
    public synchronized Context retain(long device) throws CudaError {
        Primary primary = of(device);
        Context context = activate(primary, (int) device);
        primary.retained++;
        return context;
    }

    /** The active context, activated where it is not; not counted. */
    public synchronized Context activate(long device) throws CudaError {
        return activate(of(device), (int) device);
    }

    private Context activate(Primary primary, int device) throws CudaError {
        Context context = primary.context;
        if (context == null) {
            context = contexts.open(primary.id, device, true, primary.flags);
            primary.context = context;
        }
        return context;
    }

    /** Counts one less that needs it; the last one ends the context. */
    public synchronized void release(long device) throws CudaError {
        Primary primary = of(device);
        if (primary.retained == 0) {
            throw new CudaError(CudaResult.INVALID_CONTEXT);
        }
        primary.retained--;
        if (primary.retained == 0) {
            end(primary);
        }
    }

    /** Ends the context, whoever needs it. */
    public synchronized void reset(long device) throws CudaError {
        end(of(device));
    }

    private void end(Primary primary) throws CudaError {
        Context context = primary.context;
        primary.context = null;
        primary.retained = 0;
        if (context != null) {
            contexts.close(context);
        }
    }

    /** The state of a device's primary context. */
    public synchronized State state(long device) throws CudaError {
        Primary primary = of(device);
        return new State(primary.context != null, primary.flags);
    }

    /** Sets the flags, of an active context too. */
    public synchronized void setFlags(long device, int flags) throws CudaError {
        if ((flags & ~FLAGS) != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        Primary primary = of(device);
        primary.flags = flags;
        if (primary.context != null) {
            primary.context.setFlags(flags);
        }
    }

    /** Takes over the primary context of an earlier process. */
    synchronized void adopt(Context context) {
        Primary primary = new Primary(context.id());
        primary.context = context;
        primary.retained = 1;
        primary.flags = context.flags();
        primaries.put(context.device(), primary);
    }

    private Primary of(long device) throws CudaError {
        devices.info(device);
        return primaries.computeIfAbsent((int) device, key -> new Primary(handles.reserve()));
    }
}
