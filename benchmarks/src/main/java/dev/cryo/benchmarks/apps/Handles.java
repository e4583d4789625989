package dev.cryo.benchmarks.apps;

import java.lang.reflect.Field;
import jcuda.NativePointerObject;

/** CUDA's handles and addresses as numbers, which JCuda keeps to itself. */
final class Handles {
    private static final Field NUMBER = field();

    private Handles() {}

    private static Field field() {
        try {
            Field field = NativePointerObject.class.getDeclaredField("nativePointer");
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException("another JCuda than 12.6", e);
        }
    }

    static long of(NativePointerObject object) {
        try {
            return NUMBER.getLong(object);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    static void set(NativePointerObject object, long number) {
        try {
            NUMBER.setLong(object, number);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
