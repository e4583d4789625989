package dev.cryo.streamlog.codec;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes records of any encodable type with random values. */
public final class RandomRecords {
    private final Random random;

    /** Seeded by the caller. */
    public RandomRecords(Random random) {
        this.random = random;
    }

    /** A record of a type. */
    public <R extends Record> R next(Class<R> type) {
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = value(components[i].getType(), components[i].getGenericType());
        }
        try {
            Class<?>[] types =
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            return type.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(type.getName(), e);
        }
    }

    private Object value(Class<?> type, Type generic) {
        if (type.isRecord()) {
            return next(type.asSubclass(Record.class));
        } else if (type.isEnum()) {
            Object[] constants = type.getEnumConstants();
            return constants[random.nextInt(constants.length)];
        } else if (type == List.class) {
            Class<?> element = (Class<?>) ((ParameterizedType) generic).getActualTypeArguments()[0];
            List<Object> list = new ArrayList<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                list.add(value(element, element));
            }
            return List.copyOf(list);
        } else if (type == byte[].class) {
            byte[] bytes = new byte[random.nextInt(50)];
            random.nextBytes(bytes);
            return bytes;
        } else if (type == int[].class) {
            return random.ints(random.nextInt(5)).toArray();
        } else if (type == long[].class) {
            return random.longs(random.nextInt(5)).toArray();
        } else if (type == String.class) {
            return random.ints(random.nextInt(12), 1, 0xd800)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
        } else if (type == boolean.class) {
            return random.nextBoolean();
        } else if (type == int.class) {
            return random.nextInt();
        } else if (type == long.class) {
            return random.nextLong();
        } else if (type == double.class) {
            return random.nextGaussian();
        }
        throw new AssertionError("no random value for " + type);
    }
}
