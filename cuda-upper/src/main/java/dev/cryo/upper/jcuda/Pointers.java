package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.CudaError;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;

/** Reads and writes what JCuda's pointers hold, as its own native library does: past their access rules. */
final class Pointers {
    private static final VarHandle NATIVE = field(NativePointerObject.class, "nativePointer", long.class);
    private static final VarHandle OFFSET = field(Pointer.class, "byteOffset", long.class);
    private static final VarHandle BUFFER = field(Pointer.class, "buffer", Buffer.class);
    private static final VarHandle TARGETS = field(Pointer.class, "pointers", NativePointerObject[].class);

    private Pointers() {}

    private static VarHandle field(Class<?> in, String name, Class<?> type) {
        try {
            return MethodHandles.privateLookupIn(in, MethodHandles.lookup())
                    .findVarHandle(in, name, type)
                    .withInvokeExactBehavior();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JCuda is not of release 12.6", e);
        }
    }

    /** A handle, a device address or an address of native memory; 0 for null. */
    static long value(@Nullable NativePointerObject object) {
        if (object == null) {
            return 0;
        }
        long value = (long) NATIVE.get(object);
        return object instanceof Pointer pointer ? value + (long) OFFSET.get(pointer) : value;
    }

    /** A handle that must be there. */
    static long handle(@Nullable NativePointerObject object) throws CudaError {
        long value = value(object);
        if (value == 0) {
            throw new CudaError(CudaResult.INVALID_HANDLE);
        }
        return value;
    }

    /** Makes an object hold a handle. */
    static void set(NativePointerObject object, long value) {
        NATIVE.set(object, value);
    }

    /** Makes a pointer hold an address and nothing else. */
    static void setAddress(Pointer pointer, long value) {
        set(pointer, value);
        OFFSET.set(pointer, 0L);
        BUFFER.set(pointer, (Buffer) null);
        TARGETS.set(pointer, (NativePointerObject[]) null);
    }

    /** Makes a pointer hold the address of native memory, with a buffer over it. */
    static void setMemory(Pointer pointer, long address, @Nullable ByteBuffer memory) {
        setAddress(pointer, address);
        BUFFER.set(pointer, (Buffer) memory);
    }

    /** How far from what it points to a pointer was moved, in bytes. */
    static long offset(Pointer pointer) {
        return (long) OFFSET.get(pointer);
    }

    /** The buffer that a pointer points to, if it does. */
    static @Nullable Buffer buffer(Pointer pointer) {
        return (Buffer) BUFFER.get(pointer);
    }

    /** The pointers that a pointer points to, if it does. */
    static @Nullable NativePointerObject @Nullable [] targets(Pointer pointer) {
        return (NativePointerObject[]) TARGETS.get(pointer);
    }
}
