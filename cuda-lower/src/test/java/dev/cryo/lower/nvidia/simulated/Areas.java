package dev.cryo.lower.nvidia.simulated;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Ranges of addresses that do not overlap, each with what it is. Not thread-safe.
 *
 * @param <T> what a range is
 */
final class Areas<T> {
    private final NavigableMap<Long, Area<T>> byAddress = new TreeMap<>();

    /** A range and what it is. */
    record Area<T>(long address, long bytes, T what) {
        long end() {
            return address + bytes;
        }
    }

    boolean overlaps(long address, long bytes) {
        Map.Entry<Long, Area<T>> below = byAddress.lowerEntry(address + bytes);
        return below != null && below.getValue().end() > address;
    }

    void add(long address, long bytes, T what) {
        byAddress.put(address, new Area<>(address, bytes, what));
    }

    /** The range that begins at an address; null if none does. */
    @Nullable Area<T> at(long address) {
        return byAddress.get(address);
    }

    /** The range that an address lies in; null if there is none. */
    @Nullable Area<T> of(long address) {
        Map.Entry<Long, Area<T>> below = byAddress.floorEntry(address);
        return below != null && address < below.getValue().end() ? below.getValue() : null;
    }

    /** The ranges that touch a range, ascending. */
    List<Area<T>> touching(long address, long bytes) {
        List<Area<T>> found = new ArrayList<>(byAddress.subMap(address, true, address + bytes, false).values());
        Area<T> first = of(address);
        if (first != null && first.address() < address) {
            found.addFirst(first);
        }
        return found;
    }

    /** Whether ranges, be they several, cover all of a range. */
    boolean cover(long address, long bytes) {
        long at = address;
        for (Area<T> area : touching(address, bytes)) {
            if (area.address() > at) {
                return false;
            }
            at = area.end();
        }
        return at >= address + bytes;
    }

    void remove(long address) {
        byAddress.remove(address);
    }

    List<Area<T>> all() {
        return List.copyOf(byAddress.values());
    }
}
