package dev.cryo.streamlog.codec;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The records of a sealed interface, each known by its {@link Opcode}. Immutable and thread-safe.
 *
 * @param <T> the sealed interface
 */
public final class Vocabulary<T> {
    private final Class<T> root;
    private final Map<Integer, Class<? extends Record>> types;
    private final ClassValue<Integer> opcodes = new ClassValue<>() {
        @Override
        protected Integer computeValue(Class<?> type) {
            Opcode opcode = type.getAnnotation(Opcode.class);
            if (opcode == null) {
                throw new IllegalArgumentException(type.getName() + " has no opcode");
            }
            return opcode.value();
        }
    };

    private Vocabulary(Class<T> root, Map<Integer, Class<? extends Record>> types) {
        this.root = root;
        this.types = types;
    }

    /**
     * The vocabulary of a sealed interface; interfaces below it are followed.
     *
     * @throws IllegalArgumentException if a record has no opcode, one that is out of bounds, or one that another has
     */
    public static <T> Vocabulary<T> of(Class<T> root) {
        Map<Integer, Class<? extends Record>> types = new HashMap<>();
        for (Class<? extends Record> type : records(root)) {
            Opcode opcode = type.getAnnotation(Opcode.class);
            if (opcode != null) {
                if (opcode.value() < 1 || opcode.value() > 65535) {
                    throw new IllegalArgumentException(type.getName() + " has opcode " + opcode.value());
                }
                Class<? extends Record> other = types.put(opcode.value(), type);
                if (other != null) {
                    throw new IllegalArgumentException(type.getName() + " has the opcode of " + other.getName());
                }
            } else {
                throw new IllegalArgumentException(type.getName() + " has no opcode");
            }
        }
        return new Vocabulary<>(root, Map.copyOf(types));
    }

    private static List<Class<? extends Record>> records(Class<?> type) {
        if (type.isRecord()) {
            return List.of(type.asSubclass(Record.class));
        }
        List<Class<? extends Record>> found = new ArrayList<>();
        Class<?>[] permitted = type.getPermittedSubclasses();
        if (permitted == null) {
            throw new IllegalArgumentException(type.getName() + " is neither sealed nor a record");
        }
        for (Class<?> next : permitted) {
            found.addAll(records(next));
        }
        return found;
    }

    /** All record types. */
    public List<Class<? extends Record>> types() {
        return List.copyOf(types.values());
    }

    /** The opcode of a record type. */
    public int opcode(Class<?> type) {
        return opcodes.get(type);
    }

    /** Writes the opcode, four bytes, and the record's components. */
    public void encode(T value, Encoder out) {
        out.putInt(opcodes.get(value.getClass()));
        out.putRecord((Record) value);
    }

    /**
     * Reads an opcode and its record.
     *
     * @throws MalformedDataException if the opcode is unknown or the bytes are not those of its record
     */
    public T decode(Decoder in) {
        long at = in.position();
        int opcode = in.getInt();
        Class<? extends Record> type = types.get(opcode);
        if (type == null) {
            throw new MalformedDataException("expected opcode of " + root.getSimpleName() + " at " + at + ", found 0x"
                    + Integer.toHexString(opcode));
        }
        return root.cast(in.getRecord(type));
    }
}
