package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CallDescriptor;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.ObjectRef;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The table from virtual ids to contexts, streams and events. It belongs to the thread that executes calls. */
final class DeviceObjects {
    private final Map<Long, DeviceContext> contexts = new LinkedHashMap<>();
    private final Map<Long, DeviceStream> streams = new HashMap<>();
    private final Map<Long, DeviceEvent> events = new HashMap<>();

    /** A live view of the contexts. */
    Collection<DeviceContext> contexts() {
        return contexts.values();
    }

    /** A live view of the events. */
    Collection<DeviceEvent> events() {
        return events.values();
    }

    void add(DeviceContext context) throws RefusedException {
        requireFree(!contexts.containsKey(context.id), "context", context.id);
        requireFree(!streams.containsKey(context.legacy.id), "stream", context.legacy.id);
        contexts.put(context.id, context);
        streams.put(context.legacy.id, context.legacy);
    }

    void add(DeviceStream stream) throws RefusedException {
        requireFree(!streams.containsKey(stream.id), "stream", stream.id);
        streams.put(stream.id, stream);
        stream.context.streams.add(stream);
    }

    void add(DeviceEvent event) throws RefusedException {
        requireFree(!events.containsKey(event.id), "event", event.id);
        events.put(event.id, event);
    }

    DeviceContext context(long id) throws RefusedException {
        return require(contexts.get(id), CudaResult.INVALID_CONTEXT, "context", id);
    }

    DeviceStream stream(long id) throws RefusedException {
        return require(streams.get(id), CudaResult.INVALID_HANDLE, "stream", id);
    }

    DeviceEvent event(long id) throws RefusedException {
        return require(events.get(id), CudaResult.INVALID_HANDLE, "event", id);
    }

    /** The context of the first object that a call uses and that is known; null if there is none. */
    @Nullable DeviceContext contextOf(Call call) {
        for (ObjectRef used : CallDescriptor.of(call.getClass()).uses(call)) {
            DeviceContext context = switch (used.kind()) {
                case CONTEXT -> contexts.get(used.id());
                case STREAM -> streams.containsKey(used.id()) ? streams.get(used.id()).context : null;
                case EVENT -> events.containsKey(used.id()) ? events.get(used.id()).context : null;
                case MODULE, FUNCTION, MEMORY, HOST_MEMORY -> null;
            };
            if (context != null) {
                return context;
            }
        }
        return null;
    }

    /** Forgets a context with its streams and events. */
    void remove(DeviceContext context) {
        contexts.remove(context.id);
        streams.values().removeIf(stream -> stream.context == context);
        events.values().removeIf(event -> event.context == context);
    }

    void remove(DeviceStream stream) {
        streams.remove(stream.id);
        stream.destroy();
    }

    void remove(DeviceEvent event) {
        events.remove(event.id);
    }

    static <T> T require(@Nullable T object, int code, String kind, long id)
            throws RefusedException {
        if (object == null) {
            throw new RefusedException(code, "there is no " + kind + " 0x" + Long.toHexString(id));
        }
        return object;
    }

    static void requireFree(boolean free, String kind, long id) throws RefusedException {
        if (!free) {
            throw new RefusedException(
                    CudaResult.INVALID_VALUE, "there is a " + kind + " 0x" + Long.toHexString(id) + " already");
        }
    }
}
