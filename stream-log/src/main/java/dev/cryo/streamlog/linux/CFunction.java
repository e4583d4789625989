package dev.cryo.streamlog.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A function of the C library that takes up to six integers or addresses, returns one, and sets errno. Of what is
 * declared as an int only the low half of the result counts.
 *
 * <p>Each is called with six arguments: on x86-64 they are in registers, and a function looks at none that is not its
 * own. So all functions have one type, and a JVM that begins makes and compiles the way to them once, not for each
 * number of arguments anew, which takes it 10 to 20 ms.
 *
 * @param handle of a place for errno and six longs; a component of a record, so that the JVM takes it for a constant
 */
public record CFunction(MethodHandle handle) {
    private static final FunctionDescriptor TYPE =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    /**
     * Finds a function by its name.
     *
     * @throws IllegalStateException if this C library has none
     */
    public static CFunction of(String name) {
        Linker.Option errno = Linker.Option.captureCallState("errno");
        return new CFunction(Linker.nativeLinker().downcallHandle(LibC.symbol(name), TYPE, errno));
    }

    /** Calls it. */
    public long call(long first) {
        return call(first, 0);
    }

    /** Calls it. */
    public long call(long first, long second) {
        return call(first, second, 0);
    }

    /** Calls it. */
    public long call(long first, long second, long third) {
        return call(first, second, third, 0);
    }

    /** Calls it. */
    public long call(long first, long second, long third, long fourth) {
        return call(first, second, third, fourth, 0, 0);
    }

    /** Calls it. */
    public long call(long first, long second, long third, long fourth, long fifth) {
        return call(first, second, third, fourth, fifth, 0);
    }

    /** Calls it. */
    public long call(long first, long second, long third, long fourth, long fifth, long sixth) {
        MemorySegment errno = LibC.errnoPlace();
        try {
            return (long) handle.invokeExact(errno, first, second, third, fourth, fifth, sixth);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) { // None that a C function throws.
            throw new IllegalStateException(e);
        }
    }
}
