package dev.cryo.lower.ptx.lanes;

import java.lang.reflect.Field;
import sun.misc.Unsafe;

/**
 * Memory without checks. Registers are int and long arrays that are also read as float and double, and kernels access
 * memory by address; both become vector instructions only this way (measured, see docs/notes/ptx-lanes.md).
 */
final class Raw {
    static final Unsafe UNSAFE = unsafe();
    static final long INTS = Unsafe.ARRAY_INT_BASE_OFFSET;
    static final long LONGS = Unsafe.ARRAY_LONG_BASE_OFFSET;

    private Raw() {
    }

    private static Unsafe unsafe() {
        try {
            Field field = Unsafe.class.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            return (Unsafe) field.get(null);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
