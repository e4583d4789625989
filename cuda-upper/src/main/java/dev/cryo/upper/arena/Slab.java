package dev.cryo.upper.arena;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A slab that small blocks share, divided in grains. Changed under its arena's lock; {@link #find} needs none. */
final class Slab<T> {
    private static final VarHandle GRAINS = MethodHandles.arrayElementVarHandle(Block[].class);
    private static final int COUNT = (int) (Arena.SLAB_BYTES / Arena.ALIGNMENT);

    private final long base;
    private final BitSet used = new BitSet(COUNT);

    @SuppressWarnings({"unchecked", "rawtypes"})
    private final @Nullable Block<T>[] grains = new Block[COUNT];

    /** No run of free grains is longer. */
    private int longestFree = COUNT;

    Slab(long base) {
        this.base = base;
    }

    static int grains(long bytes) {
        return Math.toIntExact((bytes + Arena.ALIGNMENT - 1) / Arena.ALIGNMENT);
    }

    /** Takes the first free run that is long enough, or null. */
    @Nullable
    Block<T> allocate(long bytes, T owner) {
        int wanted = grains(bytes);
        if (wanted > longestFree) {
            return null;
        }
        int longest = 0;
        for (int from = used.nextClearBit(0); from < COUNT; ) {
            int next = used.nextSetBit(from);
            int to = next < 0 ? COUNT : next;
            if (to - from >= wanted) {
                return put(from, bytes, owner);
            }
            longest = Math.max(longest, to - from);
            from = used.nextClearBit(to);
        }
        longestFree = longest;
        return null;
    }

    /** Takes the given range, or null if a part of it is in use. */
    @Nullable
    Block<T> allocateAt(long address, long bytes, T owner) {
        int from = grain(address);
        int next = used.nextSetBit(from);
        boolean isFree = next < 0 || next >= from + grains(bytes);
        return isFree && from + grains(bytes) <= COUNT ? put(from, bytes, owner) : null;
    }

    private Block<T> put(int from, long bytes, T owner) {
        Block<T> block = new Block<>(base + (long) from * Arena.ALIGNMENT, bytes, owner);
        fill(from, grains(bytes), block);
        used.set(from, from + grains(bytes));
        return block;
    }

    void free(Block<T> block) {
        int from = grain(block.address());
        int count = grains(block.bytes());
        fill(from, count, null);
        used.clear(from, from + count);
        longestFree = COUNT;
    }

    boolean isEmpty() {
        return used.isEmpty();
    }

    @SuppressWarnings("unchecked")
    @Nullable
    Block<T> find(long address) {
        return (Block<T>) GRAINS.getAcquire(grains, grain(address));
    }

    Stream<Block<T>> live() {
        return Arrays.stream(grains).filter(Objects::nonNull).distinct();
    }

    private int grain(long address) {
        return (int) ((address - base) / Arena.ALIGNMENT);
    }

    private void fill(int from, int count, @Nullable Block<T> block) {
        for (int i = from; i < from + count; i++) {
            GRAINS.setRelease(grains, i, block);
        }
    }
}
