package dev.cryo.streamlog.call;

import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a type of call declares: the objects it creates, uses and destroys, the slot it sets, and its answer. Immutable;
 * read once for each type.
 */
public final class CallDescriptor {
    private static final ClassValue<CallDescriptor> DESCRIPTORS = new ClassValue<>() {
        @Override
        protected CallDescriptor computeValue(Class<?> type) {
            return new CallDescriptor(type);
        }
    };

    private final Class<?> type;
    private final List<Reference> creates = new ArrayList<>();
    private final List<Reference> uses = new ArrayList<>();
    private final List<Reference> destroys = new ArrayList<>();
    private final List<MethodHandle> slotKey = new ArrayList<>();
    private final Optional<Class<? extends Record>> answer;
    private final boolean logged;

    private CallDescriptor(Class<?> type) {
        this.type = type;
        for (RecordComponent component : type.getRecordComponents()) {
            for (Annotation annotation : component.getAnnotations()) {
                switch (annotation) {
                    case Creates it -> creates.add(new Reference(it.value(), getter(component, long.class)));
                    case Uses it -> uses.add(new Reference(it.value(), getter(component, long.class)));
                    case Destroys it -> destroys.add(new Reference(it.value(), getter(component, long.class)));
                    default -> throw new IllegalArgumentException(component + ": unknown declaration " + annotation);
                }
            }
        }
        Sets sets = type.getAnnotation(Sets.class);
        if (sets != null) {
            for (String name : sets.value()) {
                slotKey.add(getter(component(type, name), Object.class));
            }
        }
        answer = answerOf(type);
        logged = !creates.isEmpty() || !destroys.isEmpty() || sets != null;
    }

    /** The descriptor of a type of call. */
    public static CallDescriptor of(Class<? extends Call> type) {
        return DESCRIPTORS.get(type);
    }

    /** The objects that a call creates; the first owns the others. */
    public List<ObjectRef> creates(Call call) {
        return refs(creates, call);
    }

    /** The objects that a call needs. */
    public List<ObjectRef> uses(Call call) {
        return refs(uses, call);
    }

    /** The objects that a call destroys. */
    public List<ObjectRef> destroys(Call call) {
        return refs(destroys, call);
    }

    /** The slot of state that a call sets, if it sets one: a value with equality. */
    public Optional<Object> slot(Call call) {
        if (slotKey.isEmpty()) {
            return Optional.empty();
        }
        List<Object> key = new ArrayList<>();
        key.add(type);
        for (MethodHandle component : slotKey) {
            try {
                key.add((Object) component.invokeExact((Record) call));
            } catch (Throwable e) {
                throw new IllegalStateException("accessor of " + type.getName(), e);
            }
        }
        return Optional.of(key);
    }

    /** The type of record that answers the call, if its caller waits. */
    public Optional<Class<? extends Record>> answer() {
        return answer;
    }

    /** Whether the call changes which objects live or what state they have, and so belongs to the stream log. */
    public boolean isLogged() {
        return logged;
    }

    private static List<ObjectRef> refs(List<Reference> references, Call call) {
        return switch (references.size()) {
            case 0 -> List.of();
            case 1 -> List.of(references.getFirst().of(call));
            default -> references.stream().map(reference -> reference.of(call)).toList();
        };
    }

    private static RecordComponent component(Class<?> type, String name) {
        return Arrays.stream(type.getRecordComponents())
                .filter(component -> component.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(type.getName() + " has no component " + name));
    }

    private static MethodHandle getter(RecordComponent component, Class<?> as) {
        try {
            return MethodHandles.publicLookup()
                    .unreflect(component.getAccessor())
                    .asType(MethodType.methodType(as, Record.class));
        } catch (IllegalAccessException e) {
            throw new IllegalArgumentException(component + " is not public", e);
        }
    }

    private static Optional<Class<? extends Record>> answerOf(Class<?> type) {
        for (Type parent : type.getGenericInterfaces()) {
            if (parent instanceof ParameterizedType blocking && blocking.getRawType() == Call.Blocking.class) {
                return Optional.of(((Class<?>) blocking.getActualTypeArguments()[0]).asSubclass(Record.class));
            }
        }
        return Optional.empty();
    }

    private record Reference(ObjectKind kind, MethodHandle id) {
        ObjectRef of(Call call) {
            try {
                return new ObjectRef(kind, (long) id.invokeExact((Record) call));
            } catch (Throwable e) {
                throw new IllegalStateException("accessor of " + call, e);
            }
        }
    }
}
