package dev.cryo.streamlog.log;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.ObjectKind;
import dev.cryo.streamlog.call.ObjectRef;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What calls do to a device, written down call by call and not derived from what the calls declare. */
final class ModelDevice {
    private final Map<ObjectRef, Made> objects = new LinkedHashMap<>();
    private final Map<String, Integer> settings = new TreeMap<>();

    /** An object: how it was made, and what it ends with. */
    private record Made(String how, ObjectRef owner) {}

    private static final ObjectRef DEVICE = new ObjectRef(ObjectKind.CONTEXT, 0);

    /** Everything that a later call could notice, but for the order of things. */
    Object state() {
        Map<String, String> made = new TreeMap<>();
        objects.forEach((object, how) -> made.put(object.toString(), how.toString()));
        return List.of(made, settings);
    }

    int size() {
        return objects.size() + settings.size();
    }

    List<ObjectRef> live(ObjectKind kind) {
        return objects.keySet().stream().filter(object -> object.kind() == kind).toList();
    }

    void execute(Call call) {
        switch (call) {
            case Call.CtxCreate c -> {
                make(ObjectKind.CONTEXT, c.context(), DEVICE, call);
                make(ObjectKind.STREAM, c.defaultStream(), ref(ObjectKind.CONTEXT, c.context()), call);
            }
            case Call.CtxDestroy c -> end(ref(ObjectKind.CONTEXT, c.context()));
            case Call.CtxSetLimit c -> set(ObjectKind.CONTEXT, c.context(), "limit " + c.limit(), (int) c.value());
            case Call.CtxSetConfig c -> set(ObjectKind.CONTEXT, c.context(), "config " + c.preference(), c.value());
            case Call.ModuleLoad c -> make(ObjectKind.MODULE, c.module(), context(c.context()), call);
            case Call.ModuleUnload c -> end(ref(ObjectKind.MODULE, c.module()));
            case Call.FunctionGet c ->
                make(ObjectKind.FUNCTION, c.function(), ref(ObjectKind.MODULE, c.module()), call);
            case Call.FuncSetAttribute c ->
                set(ObjectKind.FUNCTION, c.function(), "attribute " + c.attribute(), c.value());
            case Call.MemMap c -> make(ObjectKind.MEMORY, c.address(), context(c.context()), call);
            case Call.MemUnmap c -> end(ref(ObjectKind.MEMORY, c.address()));
            case Call.HostAlloc c -> make(ObjectKind.HOST_MEMORY, c.address(), context(c.context()), call);
            case Call.HostFree c -> end(ref(ObjectKind.HOST_MEMORY, c.address()));
            case Call.StreamCreate c -> make(ObjectKind.STREAM, c.stream(), context(c.context()), call);
            case Call.StreamDestroy c -> end(ref(ObjectKind.STREAM, c.stream()));
            case Call.EventCreate c -> make(ObjectKind.EVENT, c.event(), context(c.context()), call);
            case Call.EventDestroy c -> end(ref(ObjectKind.EVENT, c.event()));
            case Call.EventRecord c -> {
                need(ref(ObjectKind.EVENT, c.event()));
                need(ref(ObjectKind.STREAM, c.stream()));
            }
            default -> throw new AssertionError("the model does not know " + call);
        }
    }

    private static ObjectRef ref(ObjectKind kind, long id) {
        return new ObjectRef(kind, id);
    }

    private static ObjectRef context(long id) {
        return ref(ObjectKind.CONTEXT, id);
    }

    private void need(ObjectRef object) {
        if (object != DEVICE && !objects.containsKey(object)) {
            throw new AssertionError("not live: " + object);
        }
    }

    private void make(ObjectKind kind, long id, ObjectRef owner, Call call) {
        need(owner);
        String how = call instanceof Call.ModuleLoad load
                ? "module of " + load.image().length + " bytes, globals at " + load.globalsAt()
                : call.toString();
        if (objects.put(ref(kind, id), new Made(how, owner)) != null) {
            throw new AssertionError("live already: " + ref(kind, id));
        }
    }

    private void end(ObjectRef object) {
        need(object);
        objects.remove(object);
        settings.keySet().removeIf(key -> key.startsWith(object + " "));
        objects.entrySet().stream()
                .filter(entry -> entry.getValue().owner().equals(object))
                .map(Map.Entry::getKey)
                .toList()
                .forEach(this::end);
    }

    private void set(ObjectKind kind, long id, String name, int value) {
        need(ref(kind, id));
        settings.put(ref(kind, id) + " " + name, value);
    }
}
