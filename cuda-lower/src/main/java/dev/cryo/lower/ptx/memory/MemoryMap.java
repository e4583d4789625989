package dev.cryo.lower.ptx.memory;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The live allocations that kernels may access, by the virtual addresses at which they are mapped in this process.
 *
 * <p>Changes are made under a lock and publish a new immutable {@link Snapshot}; kernels read snapshots without
 * locking. An allocation that is removed while a kernel runs is noticed by that kernel at its next block at the latest.
 * The map owns no memory: who adds an address keeps it mapped until it is removed and no kernel runs.
 */
public final class MemoryMap {
    /** A range of addresses. */
    public record Allocation(long address, long bytes) {
    }

    private volatile @Nullable Absence absence;
    private volatile Snapshot snapshot = new Snapshot(new long[0], new long[0]);

    /** Adds an allocation; one that overlaps a live one is refused with IllegalArgumentException. */
    public synchronized void add(long address, long bytes) {
        if (address <= 0 || bytes <= 0 || address + bytes < address) {
            throw new IllegalArgumentException("no range: 0x" + Long.toHexString(address) + " + " + bytes);
        }
        Snapshot old = snapshot;
        int at = old.above(address);
        if (at > 0 && old.ends[at - 1] > address || at < old.starts.length && old.starts[at] < address + bytes) {
            throw new IllegalArgumentException("0x" + Long.toHexString(address) + " + " + bytes
                    + " overlaps a live allocation");
        }
        snapshot = new Snapshot(inserted(old.starts, at, address), inserted(old.ends, at, address + bytes));
    }

    /** Removes the allocation that begins at {@code address}; an unknown one is an IllegalArgumentException. */
    public synchronized void remove(long address) {
        Snapshot old = snapshot;
        int at = old.above(address) - 1;
        if (at < 0 || old.starts[at] != address) {
            throw new IllegalArgumentException("no allocation begins at 0x" + Long.toHexString(address));
        }
        snapshot = new Snapshot(without(old.starts, at), without(old.ends, at));
    }

    /** The allocation that holds this address, or null. */
    public @Nullable Allocation find(long address) {
        Snapshot now = snapshot;
        int at = now.find(address);
        return at < 0 ? null : new Allocation(now.starts[at], now.ends[at] - now.starts[at]);
    }

    /** The allocations of this moment. */
    public Snapshot snapshot() {
        return snapshot;
    }

    /** What of the allocations must be brought before it is used; null if all of it is here, and then for good. */
    public @Nullable Absence absence() {
        return absence;
    }

    /** Says what must be brought; null if nothing has to any more. */
    public void absence(@Nullable Absence absent) {
        absence = absent;
    }

    private static long[] inserted(long[] values, int at, long value) {
        long[] result = Arrays.copyOf(values, values.length + 1);
        System.arraycopy(values, at, result, at + 1, values.length - at);
        result[at] = value;
        return result;
    }

    private static long[] without(long[] values, int at) {
        long[] result = Arrays.copyOf(values, values.length - 1);
        System.arraycopy(values, at + 1, result, at, values.length - at - 1);
        return result;
    }

    /** An immutable set of allocations, sorted by address. */
    public static final class Snapshot {
        private final long[] starts;
        private final long[] ends;

        private Snapshot(long[] starts, long[] ends) {
            this.starts = starts;
            this.ends = ends;
        }

        private int above(long address) {
            int found = Arrays.binarySearch(starts, address);
            return found >= 0 ? found + 1 : -found - 1;
        }

        /** The index of the allocation that holds this address, or -1. */
        public int find(long address) {
            int at = above(address) - 1;
            return at >= 0 && address < ends[at] ? at : -1;
        }

        /** Where an allocation begins. */
        public long start(int index) {
            return starts[index];
        }

        /** Where an allocation ends, exclusive. */
        public long end(int index) {
            return ends[index];
        }
    }
}
