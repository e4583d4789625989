package dev.cryo.lower.device;

import dev.cryo.streamlog.call.LowerHalf;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts which 2 MiB slabs are touched by ranges that do not overlap. Only the first and the last slab of a range can
 * be shared with others, so a range costs the same whatever its size. Not thread-safe.
 */
public final class Slabs {
    /** The size of a slab. */
    public static final long BYTES = 2 << 20;

    private final Map<Long, Integer> touching = new HashMap<>();
    private long count;

    /** The bytes of all touched slabs. */
    public long bytes() {
        return count * BYTES;
    }

    /** The bytes that {@link #bytes} would grow by. */
    public long growth(long address, long bytes) {
        return untouched(address, bytes).bytes();
    }

    /** Adds a range; returns the slabs, adjacent, that were not touched before; of length 0 if there are none. */
    public LowerHalf.Range add(long address, long bytes) {
        LowerHalf.Range fresh = untouched(address, bytes);
        count += fresh.bytes() / BYTES;
        long first = address / BYTES;
        long last = (address + bytes - 1) / BYTES;
        touching.merge(first, 1, Integer::sum);
        if (last != first) {
            touching.merge(last, 1, Integer::sum);
        }
        return fresh;
    }

    /** Removes a range that was added; returns the slabs, adjacent, that are no longer touched. */
    public LowerHalf.Range remove(long address, long bytes) {
        long first = address / BYTES;
        long last = (address + bytes - 1) / BYTES;
        release(first);
        if (last != first) {
            release(last);
        }
        LowerHalf.Range free = untouched(address, bytes);
        count -= free.bytes() / BYTES;
        return free;
    }

    private void release(long slab) {
        touching.computeIfPresent(slab, (key, ranges) -> ranges == 1 ? null : ranges - 1);
    }

    private LowerHalf.Range untouched(long address, long bytes) {
        long first = address / BYTES;
        long last = (address + bytes - 1) / BYTES;
        long from = touching.containsKey(first) ? first + 1 : first;
        long to = touching.containsKey(last) ? last : last + 1;
        return new LowerHalf.Range(from * BYTES, Math.max(0, to - from) * BYTES);
    }
}
