package dev.cryo.upper.arena;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Hands out the addresses of a fixed window.
 *
 * <pre>
 *   base                                                           base + window
 *   | slab 2 MiB | slab 2 MiB | slab 2 MiB | slab 2 MiB | ...
 *   |a|b| |c |   |      d (3 MiB)          |   free     |
 * </pre>
 *
 * <p>Blocks of at most half a slab share slabs, aligned to {@value #ALIGNMENT} bytes; larger ones take whole slabs. The
 * lowest free place that fits is taken; what is freed joins its free neighbours and is reused. As many slabs are in use
 * at one time as the capacity has.
 *
 * <p>Thread-safe; {@link #find} takes constant time and no lock.
 *
 * @param <T> the type of the blocks' owners
 */
public final class Arena<T> {
    /** The unit in which memory is taken from a device. */
    public static final long SLAB_BYTES = 2L << 20;
    /** What every address is a multiple of. */
    public static final int ALIGNMENT = 256;

    private static final VarHandle SLOTS = MethodHandles.arrayElementVarHandle(Object[].class);

    private final long base;
    private final int window;
    private final long capacity;
    private final long shareLimit;
    private final BitSet used = new BitSet();
    private final TreeMap<Integer, Slab<T>> shared = new TreeMap<>();
    /** How many of the slabs in use are so because something else lies there. */
    private int excluded;

    /** For each slab what lies there: null, a {@link Slab} that is shared, or the {@link Block} that it belongs to. */
    private volatile @Nullable Object[] slots = new Object[64];

    private Arena(long base, long window, long capacity, long shareLimit) {
        if (base % SLAB_BYTES != 0) {
            throw new IllegalArgumentException("the base 0x" + Long.toHexString(base) + " is not aligned to a slab");
        }
        this.base = base;
        this.window = Math.toIntExact(window / SLAB_BYTES);
        this.capacity = capacity / SLAB_BYTES;
        this.shareLimit = shareLimit;
    }

    /** An arena whose small blocks share slabs. Sizes are in bytes; the base is a multiple of a slab's. */
    public static <T> Arena<T> sharing(long base, long window, long capacity) {
        return new Arena<>(base, window, capacity, SLAB_BYTES / 2);
    }

    /** An arena each of whose blocks has slabs of its own. */
    public static <T> Arena<T> apart(long base, long window) {
        return new Arena<>(base, window, window, 0);
    }

    /**
     * Hands out a range, or null if capacity or window are used up.
     *
     * @param bytes at least 1
     */
    public synchronized @Nullable Block<T> allocate(long bytes, T owner) {
        if (bytes > shareLimit) {
            return allocateSlabs(bytes, owner);
        }
        for (Map.Entry<Integer, Slab<T>> slab : shared.entrySet()) {
            Block<T> block = slab.getValue().allocate(bytes, owner);
            if (block != null) {
                return block;
            }
        }
        int index = freeRun(1);
        return index < 0 ? null : share(index).allocate(bytes, owner);
    }

    /**
     * Hands out the given range, as an arena handed it out before.
     *
     * @throws IllegalArgumentException if it is not free, or no place of this arena
     */
    public synchronized Block<T> allocateAt(long address, long bytes, T owner) {
        Block<T> block = contains(address) && bytes > 0 ? tryAt(address, bytes, owner) : null;
        if (block == null) {
            throw new IllegalArgumentException(bytes + " bytes at 0x" + Long.toHexString(address) + " are not free");
        }
        return block;
    }

    private @Nullable Block<T> tryAt(long address, long bytes, T owner) {
        int index = index(address);
        if (bytes <= shareLimit) {
            Slab<T> slab = shared.get(index);
            if (slab == null && !used.get(index)) {
                slab = share(index);
            }
            return slab == null ? null : slab.allocateAt(address, bytes, owner);
        }
        int count = slabs(bytes);
        int next = used.nextSetBit(index);
        boolean isFree = next < 0 || next >= index + count;
        return isFree && index + count <= window && address == addressOf(index)
                ? put(index, count, bytes, owner)
                : null;
    }

    /** Takes a range back; false if it is no longer live. */
    public synchronized boolean free(Block<T> block) {
        if (find(block.address()) != block) {
            return false;
        }
        int index = index(block.address());
        Slab<T> slab = shared.get(index);
        if (slab == null) {
            release(index, slabs(block.bytes()));
            return true;
        }
        slab.free(block);
        if (slab.isEmpty()) {
            shared.remove(index);
            release(index, 1);
        }
        return true;
    }

    /**
     * Takes a range back and never hands its place out again, nor as many slabs from there as are free of those given:
     * something else lies there.
     */
    public synchronized void exclude(Block<T> block, int slabs) {
        if (find(block.address()) != block) {
            return;
        }
        int index = index(block.address());
        int own = shared.remove(index) == null ? slabs(block.bytes()) : 1;
        fill(index, own, null);
        int end = Math.min(window, index + Math.max(own, slabs));
        int before = used.cardinality();
        used.set(index + own, Math.max(index + own, end));
        excluded += own + used.cardinality() - before;
    }

    /** Takes back all live ranges of an owner. */
    public synchronized void freeAll(T owner) {
        live().filter(block -> block.owner() == owner).toList().forEach(this::free);
    }

    /** The live blocks by ascending address. */
    @SuppressWarnings("unchecked")
    public synchronized Stream<Block<T>> live() {
        return Arrays.stream(slots)
                .filter(Objects::nonNull)
                .flatMap(slot -> slot instanceof Slab<?> slab ? ((Slab<T>) slab).live() : Stream.of((Block<T>) slot))
                .distinct()
                .toList()
                .stream();
    }

    /** The live block that an address lies in, padding not counted, or null. */
    @SuppressWarnings("unchecked")
    public @Nullable Block<T> find(long address) {
        if (!contains(address)) {
            return null;
        }
        @Nullable Object[] seen = slots;
        int index = index(address);
        Object slot = index < seen.length ? SLOTS.getAcquire(seen, index) : null;
        Block<T> block = slot instanceof Slab<?> slab ? ((Slab<T>) slab).find(address) : (Block<T>) slot;
        return block != null && address < block.end() ? block : null;
    }

    /** Whether an address lies in the window. */
    public boolean contains(long address) {
        return address >= base && address - base < window * SLAB_BYTES;
    }

    /** The bytes of all slabs in use. */
    public synchronized long usedBytes() {
        return (used.cardinality() - excluded) * SLAB_BYTES;
    }

    private @Nullable Block<T> allocateSlabs(long bytes, T owner) {
        if (bytes > capacity * SLAB_BYTES) {
            return null;
        }
        int count = slabs(bytes);
        int index = freeRun(count);
        return index < 0 ? null : put(index, count, bytes, owner);
    }

    private Block<T> put(int index, int count, long bytes, T owner) {
        Block<T> block = new Block<>(addressOf(index), bytes, owner);
        used.set(index, index + count);
        fill(index, count, block);
        return block;
    }

    private Slab<T> share(int index) {
        Slab<T> slab = new Slab<>(addressOf(index));
        shared.put(index, slab);
        used.set(index);
        fill(index, 1, slab);
        return slab;
    }

    private void release(int index, int count) {
        fill(index, count, null);
        used.clear(index, index + count);
    }

    private void fill(int index, int count, @Nullable Object value) {
        if (index + count > slots.length) {
            slots = Arrays.copyOf(slots, Math.max(index + count, 2 * slots.length));
        }
        for (int i = index; i < index + count; i++) {
            SLOTS.setRelease(slots, i, value);
        }
    }

    private int freeRun(int count) {
        if (used.cardinality() - excluded + (long) count > capacity) {
            return -1;
        }
        for (int from = used.nextClearBit(0); from + count <= window; ) {
            int to = used.nextSetBit(from);
            if (to < 0 || to - from >= count) {
                return from;
            }
            from = used.nextClearBit(to);
        }
        return -1;
    }

    private static int slabs(long bytes) {
        return Math.toIntExact((bytes + SLAB_BYTES - 1) / SLAB_BYTES);
    }

    private int index(long address) {
        return (int) ((address - base) / SLAB_BYTES);
    }

    private long addressOf(int index) {
        return base + index * SLAB_BYTES;
    }
}
