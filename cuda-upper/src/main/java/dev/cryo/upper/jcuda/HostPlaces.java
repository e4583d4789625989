package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Copies;
import dev.cryo.upper.cuda.Copies.Extent;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Place;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.Buffer;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;

/** What JCuda's pointers point to, as places of copies. Stateless. */
final class HostPlaces {
    private HostPlaces() {}

    /** Whether a pointer points to a Java array, a buffer or other pointers, not to an address. */
    static boolean isJava(Pointer pointer) {
        return Pointers.value(pointer) == Pointers.offset(pointer)
                && (Pointers.buffer(pointer) != null || Pointers.targets(pointer) != null);
    }

    /** The place of a host pointer, with rows and slices of the given distances. */
    static Place host(Copies copies, Pointer pointer, long pitch, long slice, Extent extent) throws CudaError {
        if (!isJava(pointer)) {
            long span = (extent.depth() - 1) * slice + (extent.height() - 1) * pitch + extent.width();
            long address = Pointers.value(pointer);
            return copies.resolve(address, pitch, slice, Math.max(0, span), Copies.Unknown.IS_HOST);
        }
        MemorySegment whole = memory(pointer);
        long offset = Pointers.offset(pointer);
        if (offset < 0 || offset > whole.byteSize()) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        if (whole.isNative()) {
            // A buffer over page-locked memory is page-locked, however the application came by it.
            long address = whole.address() + offset;
            long bytes = whole.byteSize() - offset;
            return copies.resolve(address, pitch, slice, bytes, Copies.Unknown.IS_HOST);
        }
        return new Place.Pageable(whole.asSlice(offset), pitch, slice);
    }

    /** The place of a device pointer. */
    static Place device(Copies copies, Pointer pointer, long pitch, long slice) throws CudaError {
        return copies.resolve(Pointers.value(pointer), pitch, slice, 0, Copies.Unknown.IS_INVALID);
    }

    /** The memory of a pointer to Java memory, from its beginning, whatever offset the pointer has. */
    static MemorySegment memory(Pointer pointer) {
        Buffer buffer = Pointers.buffer(pointer);
        if (buffer == null) {
            return values(Pointers.targets(pointer));
        }
        return buffer.isDirect() ? MemorySegment.ofBuffer(buffer.duplicate().clear()) : array(buffer.array());
    }

    private static MemorySegment values(@Nullable NativePointerObject @Nullable [] targets) {
        long[] values = new long[targets == null ? 0 : targets.length];
        for (int i = 0; i < values.length; i++) {
            NativePointerObject target = targets == null ? null : targets[i];
            values[i] = target instanceof Pointer pointer && isJava(pointer)
                    ? address(pointer)
                    : Pointers.value(target);
        }
        return MemorySegment.ofArray(values);
    }

    /** The address of memory that a pointer in memory points to; Java arrays have none. */
    private static long address(Pointer pointer) {
        Buffer buffer = Pointers.buffer(pointer);
        if (buffer == null || !buffer.isDirect()) {
            throw new IllegalArgumentException(
                    "a pointer to a Java array has no address that native memory could hold: " + pointer);
        }
        return memory(pointer).address() + Pointers.offset(pointer);
    }

    static MemorySegment array(Object array) {
        return switch (array) {
            case byte[] it -> MemorySegment.ofArray(it);
            case int[] it -> MemorySegment.ofArray(it);
            case float[] it -> MemorySegment.ofArray(it);
            case long[] it -> MemorySegment.ofArray(it);
            case double[] it -> MemorySegment.ofArray(it);
            case short[] it -> MemorySegment.ofArray(it);
            case char[] it -> MemorySegment.ofArray(it);
            default -> throw new IllegalArgumentException("a pointer to " + array.getClass());
        };
    }

    /** After a copy to a place: pointers that a pointer points to take the values that were written. */
    static void written(Pointer pointer, Place place) {
        @Nullable NativePointerObject @Nullable [] targets =
                isJava(pointer) && Pointers.buffer(pointer) == null ? Pointers.targets(pointer) : null;
        if (targets == null || !(place instanceof Place.Pageable written)) {
            return;
        }
        int first = (int) (Pointers.offset(pointer) / Long.BYTES);
        for (int i = first; i < targets.length; i++) {
            NativePointerObject target = targets[i];
            if (target != null && !(target instanceof Pointer known && isJava(known))) {
                long value = written.memory().get(ValueLayout.JAVA_LONG, (long) (i - first) * Long.BYTES);
                setTarget(target, value);
            }
        }
    }

    private static void setTarget(NativePointerObject target, long value) {
        if (value == Pointers.value(target)) {
            return;
        }
        if (target instanceof Pointer pointer) {
            Pointers.setAddress(pointer, value);
        } else {
            Pointers.set(target, value);
        }
    }
}
