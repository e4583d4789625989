package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * Page-locked host memory and the upper half's side of it: mapped while a {@link LowerHalf.HostSide} is attached.
 * Attaching, detaching and adding belong to the thread that executes calls; the rest is thread-safe.
 */
final class HostMemory {
    private final NavigableMap<Long, Area> areas = new ConcurrentSkipListMap<>();
    private final MemoryMap accessible;
    private volatile LowerHalf.@Nullable HostSide host;

    /** No memory; {@code accessible} is kept in step with what is mapped. */
    HostMemory(MemoryMap accessible) {
        this.accessible = accessible;
    }

    private record Area(long bytes, int descriptor, DeviceContext context) {}

    /** The upper half's side; null while detached. */
    LowerHalf.@Nullable HostSide hostOrNull() {
        return host;
    }

    /** The upper half's side, which work that touches it may assume to be there. */
    LowerHalf.HostSide host() {
        return Objects.requireNonNull(host, "the upper half's memory is not attached");
    }

    void attach(LowerHalf.HostSide to) throws IOException {
        if (host != null) {
            throw new IllegalStateException("the device is attached already");
        }
        for (Map.Entry<Long, Area> area : areas.entrySet()) {
            to.mapHost(area.getKey(), area.getValue().bytes(), area.getValue().descriptor());
        }
        areas.forEach((address, area) -> accessible.add(address, area.bytes()));
        host = to;
    }

    void detach() {
        LowerHalf.HostSide from = host;
        host = null;
        if (from != null) {
            areas.forEach((address, area) -> {
                accessible.remove(address);
                from.unmapHost(address, area.bytes());
            });
        }
    }

    /**
     * Adds memory, mapping it if attached.
     *
     * @throws RefusedException if it overlaps other memory or cannot be mapped
     */
    void add(long address, long bytes, int descriptor, DeviceContext context) throws RefusedException {
        if (address <= 0 || bytes <= 0 || bytes > Long.MAX_VALUE - address) {
            throw new RefusedException(CudaResult.INVALID_VALUE, DeviceMemory.range(address, bytes) + " is no range");
        }
        Map.Entry<Long, Area> below = areas.lowerEntry(address + bytes);
        if (below != null && below.getKey() + below.getValue().bytes() > address) {
            throw new RefusedException(
                    CudaResult.HOST_MEMORY_ALREADY_REGISTERED,
                    DeviceMemory.range(address, bytes) + " are known already");
        }
        LowerHalf.HostSide to = host;
        try {
            if (to != null) {
                to.mapHost(address, bytes, descriptor);
                accessible.add(address, bytes);
            }
        } catch (IOException e) {
            throw new RefusedException(CudaResult.OPERATING_SYSTEM, e.getMessage());
        }
        areas.put(address, new Area(bytes, descriptor, context));
    }

    /**
     * The context of the memory that begins at an address.
     *
     * @throws RefusedException if there is none
     */
    DeviceContext owner(long address) throws RefusedException {
        Area area = areas.get(address);
        if (area == null) {
            throw new RefusedException(
                    CudaResult.INVALID_VALUE, "no page-locked memory begins at 0x" + Long.toHexString(address));
        }
        return area.context();
    }

    /** Removes memory that begins at an address, unmapping it if attached. */
    void remove(long address) {
        Area area = areas.remove(address);
        LowerHalf.HostSide from = host;
        if (area != null && from != null) {
            accessible.remove(address);
            from.unmapHost(address, area.bytes());
        }
    }

    /** Where the memory of a context begins. */
    List<Long> ownedBy(DeviceContext context) {
        return areas.entrySet().stream()
                .filter(entry -> entry.getValue().context() == context)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Whether an address lies in an area. */
    boolean has(long address) {
        Map.Entry<Long, Area> below = areas.floorEntry(address);
        return below != null && address - below.getKey() < below.getValue().bytes();
    }

    /** All areas, ascending. */
    List<LowerHalf.Range> ranges() {
        List<LowerHalf.Range> ranges = new ArrayList<>();
        for (Map.Entry<Long, Area> area : areas.entrySet()) {
            ranges.add(new LowerHalf.Range(area.getKey(), area.getValue().bytes()));
        }
        return ranges;
    }
}
