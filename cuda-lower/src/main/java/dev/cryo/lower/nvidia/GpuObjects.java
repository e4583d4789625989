package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CallDescriptor;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.ObjectRef;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The table from virtual ids to contexts, streams and events. It belongs to the thread that executes calls, but for
 * {@link #contexts}.
 */
final class GpuObjects {
    private final Map<Long, GpuContext> contexts = new ConcurrentSkipListMap<>();
    private final Map<Long, GpuStream> streams = new HashMap<>();
    private final Map<Long, GpuEvent> events = new HashMap<>();

    /** A live view of the contexts; thread-safe. */
    Collection<GpuContext> contexts() {
        return contexts.values();
    }

    /** The contexts of a device. */
    List<GpuContext> contextsOf(int device) {
        return contexts.values().stream().filter(context -> context.device == device).toList();
    }

    /** A live view of the events. */
    Collection<GpuEvent> events() {
        return events.values();
    }

    void requireNoContext(long id, long stream) throws RefusedException {
        requireFree(!contexts.containsKey(id), "context", id);
        requireFree(!streams.containsKey(stream), "stream", stream);
    }

    void requireNoStream(long id) throws RefusedException {
        requireFree(!streams.containsKey(id), "stream", id);
    }

    void add(GpuContext context) {
        contexts.put(context.id, context);
        streams.put(context.legacy.id, context.legacy);
    }

    void add(GpuStream stream) {
        streams.put(stream.id, stream);
        stream.context.streams.add(stream);
    }

    void add(GpuEvent event) throws RefusedException {
        requireFree(!events.containsKey(event.id), "event", event.id);
        events.put(event.id, event);
    }

    GpuContext context(long id) throws RefusedException {
        return require(contexts.get(id), CudaResult.INVALID_CONTEXT, "context", id);
    }

    GpuStream stream(long id) throws RefusedException {
        return require(streams.get(id), CudaResult.INVALID_HANDLE, "stream", id);
    }

    GpuEvent event(long id) throws RefusedException {
        return require(events.get(id), CudaResult.INVALID_HANDLE, "event", id);
    }

    /** The context of the first object that a call uses and that is known; null if there is none. */
    @Nullable GpuContext contextOf(Call call) {
        for (ObjectRef used : CallDescriptor.of(call.getClass()).uses(call)) {
            GpuContext context = switch (used.kind()) {
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

    /** Forgets a context with its streams and events; returns these events. */
    List<GpuEvent> remove(GpuContext context) {
        contexts.remove(context.id);
        streams.values().removeIf(stream -> stream.context == context);
        List<GpuEvent> ending =
                events.values().stream().filter(event -> event.context == context).toList();
        ending.forEach(this::remove);
        return ending;
    }

    void remove(GpuStream stream) {
        streams.remove(stream.id);
        stream.context.streams.remove(stream);
    }

    void remove(GpuEvent event) {
        events.remove(event.id);
    }

    static <T> T require(@Nullable T object, int code, String kind, long id) throws RefusedException {
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
