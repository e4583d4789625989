package dev.cryo.lower.nvidia;

import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Ranges of a device laid one behind the other. Immutable. */
final class Packing {
    /** What copies on a device like. */
    private static final long ALIGNMENT = 512;

    private final NavigableMap<Long, Placed> placed = new TreeMap<>();
    private final long bytes;

    Packing(List<LowerHalf.Range> ranges) {
        long offset = 0;
        for (LowerHalf.Range range : ranges) {
            placed.put(range.address(), new Placed(range.address(), range.bytes(), offset));
            offset += (range.bytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        bytes = offset;
    }

    /** A range, or a piece of one, and where it is laid. */
    record Placed(long address, long bytes, long offset) {}

    /** How much room all ranges need. */
    long bytes() {
        return bytes;
    }

    Collection<Placed> all() {
        return placed.values();
    }

    /** All ranges in pieces of a size at most. */
    List<Placed> pieces(long most) {
        List<Placed> pieces = new ArrayList<>();
        for (Placed range : placed.values()) {
            for (long done = 0; done < range.bytes; done += most) {
                pieces.add(new Placed(
                        range.address + done, Math.min(most, range.bytes - done), range.offset + done));
            }
        }
        return pieces;
    }

    /** Whether an address lies in a range. */
    boolean has(long address) {
        Map.Entry<Long, Placed> below = placed.floorEntry(address);
        return below != null && address - below.getKey() < below.getValue().bytes;
    }

    /**
     * Where something is laid that lies in a range.
     *
     * @throws IOException if it does not
     */
    long offset(long address, long length) throws IOException {
        Map.Entry<Long, Placed> below = placed.floorEntry(address);
        if (below == null || length > below.getValue().bytes - (address - below.getKey())) {
            throw new IOException(GpuMemory.range(address, length) + " were not captured");
        }
        return below.getValue().offset + (address - below.getKey());
    }
}
