package dev.cryo.lower.nvidia.driver;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cryo.streamlog.call.CudaResult;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A function of the driver, all arguments as longs: on the processors that cryo runs on, what is declared as less is
 * passed in the low bits of the same place. Values of 8 and 16 bits must come zero-extended.
 *
 * <p>A record, so that the compiler takes the handle of a constant for a constant.
 *
 * @param handle null if this driver does not have the function
 */
record DriverFunction(String name, @Nullable MethodHandle handle) {
    /** Finds a function with so many arguments. */
    static DriverFunction find(SymbolLookup library, String name, int arguments) {
        MemoryLayout[] layouts = new MemoryLayout[arguments];
        Arrays.fill(layouts, JAVA_LONG);
        FunctionDescriptor descriptor = FunctionDescriptor.of(JAVA_INT, layouts);
        return new DriverFunction(
                name,
                library.find(name)
                        .map(symbol -> Linker.nativeLinker().downcallHandle(symbol, descriptor))
                        .orElse(null));
    }

    void call(long a) throws DriverException {
        check(result(a));
    }

    void call(long a, long b) throws DriverException {
        int result;
        try {
            result = (int) required().invokeExact(a, b);
        } catch (Throwable e) {
            throw defect(e);
        }
        check(result);
    }

    void call(long a, long b, long c) throws DriverException {
        int result;
        try {
            result = (int) required().invokeExact(a, b, c);
        } catch (Throwable e) {
            throw defect(e);
        }
        check(result);
    }

    void call(long a, long b, long c, long d) throws DriverException {
        check(result(a, b, c, d));
    }

    void call(long a, long b, long c, long d, long f) throws DriverException {
        int result;
        try {
            result = (int) required().invokeExact(a, b, c, d, f);
        } catch (Throwable e) {
            throw defect(e);
        }
        check(result);
    }

    void call(long a, long b, long c, long d, long f, long g) throws DriverException {
        int result;
        try {
            result = (int) required().invokeExact(a, b, c, d, f, g);
        } catch (Throwable e) {
            throw defect(e);
        }
        check(result);
    }

    void call(long a, long b, long c, long d, long f, long g, long h, long i, long j, long k, long l)
            throws DriverException {
        int result;
        try {
            result = (int) required().invokeExact(a, b, c, d, f, g, h, i, j, k, l);
        } catch (Throwable e) {
            throw defect(e);
        }
        check(result);
    }

    /** Calls a function that answers by its result. */
    int result(long a) throws DriverException {
        try {
            return (int) required().invokeExact(a);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    /** Calls a function that answers by its result. */
    int result(long a, long b, long c, long d) throws DriverException {
        try {
            return (int) required().invokeExact(a, b, c, d);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    private MethodHandle required() throws DriverException {
        if (handle == null) {
            throw new DriverException(CudaResult.NOT_SUPPORTED, "this driver has no " + name);
        }
        return handle;
    }

    void check(int result) throws DriverException {
        if (result != CudaResult.SUCCESS) {
            throw new DriverException(result, name + " gives CUDA error " + result);
        }
    }

    /** Passes a refusal on; a downcall itself throws nothing. */
    private static IllegalStateException defect(Throwable cause) throws DriverException {
        if (cause instanceof DriverException refused) {
            throw refused;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(cause);
    }
}
