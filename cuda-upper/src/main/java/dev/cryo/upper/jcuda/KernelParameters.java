package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.Call.FunctionGet;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Function;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.Buffer;
import java.nio.ByteOrder;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Builds the parameter block of a launch from what JCuda passes. Stateless.
 *
 * <p>By {@code kernelParams}: a pointer to pointers, one for each parameter, to its value; sizes are the kernel's. By
 * {@code extra}: names and values, of which one is a pointer to the block and one its size.
 */
final class KernelParameters {
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder()).withInvokeExactBehavior();
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder()).withInvokeExactBehavior();

    private static final long END = 0;
    private static final long BLOCK = 1;
    private static final long SIZE = 2;

    private KernelParameters() {}

    /** The block of one launch. */
    static byte[] of(Function function, @Nullable Pointer kernelParams, @Nullable Pointer extra) throws CudaError {
        boolean noParams = isNull(kernelParams);
        boolean noExtra = isNull(extra);
        if (!noParams && !noExtra) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        if (kernelParams != null && !noParams) {
            return ofPointers(function.facts(), Pointers.targets(kernelParams));
        }
        if (extra != null && !noExtra) {
            return ofExtra(function.facts(), Pointers.targets(extra));
        }
        if (function.parameters() > 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        return new byte[function.facts().paramBytes()];
    }

    private static boolean isNull(@Nullable Pointer pointer) {
        return pointer == null || Pointers.value(pointer) == 0 && !HostPlaces.isJava(pointer);
    }

    private static byte[] ofPointers(FunctionGet.Result facts, @Nullable NativePointerObject @Nullable [] values)
            throws CudaError {
        int[] offsets = facts.paramOffsets();
        int[] sizes = facts.paramSizes();
        if (values == null || values.length < sizes.length) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        byte[] block = new byte[facts.paramBytes()];
        for (int i = 0; i < sizes.length; i++) {
            if (!(values[i] instanceof Pointer value)) {
                throw new CudaError(CudaResult.INVALID_VALUE);
            }
            put(block, offsets[i], sizes[i], value);
        }
        return block;
    }

    /** Copies what a pointer points to; the first cases are what nearly all launches have. */
    static void put(byte[] block, int at, int bytes, Pointer value) throws CudaError {
        Buffer buffer = Pointers.buffer(value);
        long offset = Pointers.offset(value);
        if (buffer == null) {
            @Nullable NativePointerObject @Nullable [] targets = Pointers.targets(value);
            if (targets != null && targets.length == 1 && bytes == Long.BYTES && offset == 0) {
                NativePointerObject target = targets[0];
                if (!(target instanceof Pointer pointer && HostPlaces.isJava(pointer))) {
                    LONG.set(block, at, Pointers.value(target));
                    return;
                }
            }
        } else if (!buffer.isDirect() && offset == 0) {
            if (bytes == Integer.BYTES && buffer.array() instanceof int[] ints && ints.length > 0) {
                INT.set(block, at, ints[0]);
                return;
            }
            if (bytes == Float.BYTES && buffer.array() instanceof float[] floats && floats.length > 0) {
                INT.set(block, at, Float.floatToRawIntBits(floats[0]));
                return;
            }
        }
        putBytes(block, at, bytes, value);
    }

    private static void putBytes(byte[] block, int at, int bytes, Pointer value) throws CudaError {
        MemorySegment memory;
        long offset = Pointers.offset(value);
        if (HostPlaces.isJava(value)) {
            memory = HostPlaces.memory(value);
        } else {
            long address = Pointers.value(value);
            if (address == 0) {
                throw new CudaError(CudaResult.INVALID_VALUE);
            }
            memory = MemorySegment.ofAddress(address).reinterpret(bytes);
            offset = 0;
        }
        if (offset < 0 || offset + bytes > memory.byteSize()) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, block, at, bytes);
    }

    private static byte[] ofExtra(FunctionGet.Result facts, @Nullable NativePointerObject @Nullable [] extra)
            throws CudaError {
        Pointer block = null;
        long size = -1;
        for (int i = 0; extra != null && i + 1 < extra.length; i += 2) {
            long name = Pointers.value(extra[i]);
            if (name == END) {
                break;
            }
            if (!(extra[i + 1] instanceof Pointer value) || name != BLOCK && name != SIZE) {
                throw new CudaError(CudaResult.INVALID_VALUE);
            }
            if (name == BLOCK) {
                block = value;
            } else {
                byte[] number = new byte[Long.BYTES];
                putBytes(number, 0, Long.BYTES, value);
                size = (long) LONG.get(number, 0);
            }
        }
        if (block == null || size < facts.paramBytes() || size > Integer.MAX_VALUE) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        byte[] bytes = new byte[facts.paramBytes()];
        putBytes(bytes, 0, bytes.length, block);
        return bytes;
    }
}
