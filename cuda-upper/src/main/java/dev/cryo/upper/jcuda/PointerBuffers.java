package dev.cryo.upper.jcuda;

import dev.cryo.upper.agent.Linkage;
import dev.cryo.upper.arena.Block;
import dev.cryo.upper.cuda.Managed;
import dev.cryo.upper.cuda.UnifiedMemory;
import java.lang.invoke.CallSite;
import java.lang.invoke.ConstantCallSite;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The application's view of unified memory by a pointer to it: a direct buffer over the memory itself, however large
 * the allocation is, and however the pointer came to its address. Thread-safe.
 *
 * <p>Both methods answer null for a pointer to anything else: JCuda goes on as it does without them.
 */
record PointerBuffers(UnifiedMemory memory) implements Linkage {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    /** What a pointer points to begins here, in an allocation that ends there. */
    private record Place(long address, long end) {}

    /**
     * A buffer over a part of an allocation, in native byte order.
     *
     * @param offset from where the pointer points
     * @throws IllegalArgumentException if the part does not lie in the allocation, or no buffer can be so large
     */
    @Nullable ByteBuffer getByteBuffer(Pointer pointer, long offset, long bytes) {
        Place place = place(pointer);
        if (place == null) {
            return null;
        }
        long most = place.end() - place.address();
        if (offset < 0 || bytes < 0 || offset > most || bytes > most - offset) {
            throw new IllegalArgumentException(bytes + " bytes at offset " + offset
                    + " are not in the unified memory of the pointer, which has " + most + " from there on");
        }
        if (bytes > HostBuffers.MOST_BYTES) {
            throw new IllegalArgumentException(
                    "a buffer cannot have " + bytes + " bytes; ask for parts of at most " + HostBuffers.MOST_BYTES);
        }
        return HostBuffers.over(place.address() + offset, bytes);
    }

    /** A buffer from where the pointer points to the end of the allocation, or as much of it as a buffer can have. */
    @Nullable ByteBuffer getByteBuffer(Pointer pointer) {
        Place place = place(pointer);
        return place == null
                ? null
                : HostBuffers.over(place.address(), Math.min(HostBuffers.MOST_BYTES, place.end() - place.address()));
    }

    private @Nullable Place place(Pointer pointer) {
        long address = Pointers.value(pointer);
        // Of a pointer that was moved to the end of its allocation, or out of it, the beginning still tells which.
        Block<Managed> block = memory.find(address - Pointers.offset(pointer));
        if (block == null) {
            return null;
        }
        long end = block.address() + block.owner().bytes();
        if (address < block.address() || address > end) {
            throw new IllegalArgumentException(pointer + " points out of its unified memory");
        }
        return new Place(address, end);
    }

    @Override
    public CallSite link(String name, MethodType type) {
        try {
            MethodHandle target = LOOKUP.bind(this, name, type);
            return new ConstantCallSite(target);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("JCuda's pointers have no " + name + type, e);
        }
    }
}
