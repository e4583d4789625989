package dev.cryo.upper.cuda;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds live objects by their handles. Thread-safe; {@link #get} takes no lock.
 *
 * <pre>
 *   63                22 21           0
 *   |  serial number    |  slot        |     serial numbers begin with 1 and are never reused
 * </pre>
 */
final class HandleTable {
    private static final VarHandle SLOTS = MethodHandles.arrayElementVarHandle(CudaObject[].class);
    private static final int SLOT_BITS = 22;
    private static final long SLOT_MASK = (1L << SLOT_BITS) - 1;

    private volatile @Nullable CudaObject[] slots = new CudaObject[256];
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private int next;
    private long serial;

    /** A handle for an object to come. */
    synchronized long reserve() {
        Integer slot = free.pollFirst();
        if (slot == null) {
            if (next > SLOT_MASK) {
                throw new IllegalStateException(next + " CUDA objects live at one time");
            }
            slot = next++;
        }
        serial++;
        return serial << SLOT_BITS | slot;
    }

    /** Gives a handle back that got no object. */
    synchronized void giveBack(long handle) {
        free.addLast(slot(handle));
    }

    /** Makes an object known by its handle. */
    synchronized void put(CudaObject object) {
        int slot = slot(object.id());
        if (slot >= slots.length) {
            slots = Arrays.copyOf(slots, Math.max(slot + 1, 2 * slots.length));
        }
        SLOTS.setRelease(slots, slot, object);
    }

    /** Makes an object of an earlier process known; all must be put before the first handle is reserved. */
    synchronized void putEarlier(CudaObject object) {
        int slot = slot(object.id());
        for (; next <= slot; next++) {
            free.addLast(next);
        }
        free.remove(slot);
        serial = Math.max(serial, object.id() >>> SLOT_BITS);
        put(object);
    }

    /** Forgets an object; false if it was forgotten before. */
    synchronized boolean remove(CudaObject object) {
        int slot = slot(object.id());
        if (slots[slot] != object) {
            return false;
        }
        SLOTS.setRelease(slots, slot, null);
        free.addLast(slot);
        return true;
    }

    /** The live object of a handle, or null. */
    @Nullable
    CudaObject get(long handle) {
        @Nullable CudaObject[] seen = slots;
        int slot = slot(handle);
        if (slot >= seen.length) {
            return null;
        }
        CudaObject object = (CudaObject) SLOTS.getAcquire(seen, slot);
        return object != null && object.id() == handle ? object : null;
    }

    private static int slot(long handle) {
        return (int) (handle & SLOT_MASK);
    }
}
