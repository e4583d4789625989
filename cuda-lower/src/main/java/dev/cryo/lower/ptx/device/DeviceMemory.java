package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.device.Slabs;
import dev.cryo.lower.ptx.memory.Absence;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Device memory at the addresses that the upper half chose.
 *
 * <p>A range has two lives. It is <em>claimed</em> from the call that makes it to the call that ends it, which is what
 * the budget counts. It is <em>live</em>, that is mapped and accessible, between the operations of these calls, which
 * may run later. Memory stands behind the 2 MiB slabs that live ranges touch, and only there; the address windows
 * around them are reserved from the first use to {@link #close}. Fresh memory is zero. Thread-safe.
 */
final class DeviceMemory implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");
    private static final long WINDOW_BYTES = 1L << 36;

    private final long budget;
    private final NavigableMap<Long, Claim> claims = new TreeMap<>();
    private final Slabs claimedSlabs = new Slabs();
    private final NavigableMap<Long, Long> live = new TreeMap<>();
    private final MemoryMap accessible;
    private final boolean bringsAll;
    private final Slabs liveSlabs = new Slabs();
    private final Set<Long> windows = new HashSet<>();
    private final ChangedMemory changed = new ChangedMemory();
    /** Set once, after a replay. Nobody may wait for it under this object's lock, which it takes itself. */
    private volatile @Nullable AbsentMemory absent;

    /**
     * Memory without ranges.
     *
     * @param budget the most bytes that all slabs may have
     * @param accessible is kept in step with the live ranges
     * @param bringsAll whether contents that are deferred are brought in the background too
     */
    DeviceMemory(long budget, MemoryMap accessible, boolean bringsAll) {
        this.bringsAll = bringsAll;
        this.accessible = accessible;
        this.budget = budget / Slabs.BYTES * Slabs.BYTES;
    }

    private record Claim(long bytes, DeviceContext context) {}

    long totalBytes() {
        return budget;
    }

    synchronized long freeBytes() {
        return budget - claimedSlabs.bytes();
    }

    /**
     * Claims a range.
     *
     * @throws RefusedException if it is none, overlaps another, or exceeds the budget
     */
    synchronized void claim(long address, long bytes, DeviceContext context) throws RefusedException {
        if (address <= 0 || bytes <= 0 || bytes > Long.MAX_VALUE - address) {
            throw new RefusedException(CudaResult.INVALID_VALUE, range(address, bytes) + " is no range of memory");
        }
        Map.Entry<Long, Claim> below = claims.lowerEntry(address + bytes);
        if (below != null && below.getKey() + below.getValue().bytes() > address) {
            throw new RefusedException(CudaResult.INVALID_VALUE, range(address, bytes) + " overlaps memory that lives");
        }
        if (claimedSlabs.bytes() + claimedSlabs.growth(address, bytes) > budget) {
            throw new RefusedException(CudaResult.OUT_OF_MEMORY,
                    range(address, bytes) + " exceed the device's " + budget + " bytes");
        }
        try {
            reserve(address, bytes);
        } catch (LinuxException e) {
            throw new RefusedException(CudaResult.OPERATING_SYSTEM, e.getMessage());
        }
        claims.put(address, new Claim(bytes, context));
        claimedSlabs.add(address, bytes);
    }

    /**
     * Claims the lowest slabs from an address on that no range touches, be it claimed or still live.
     *
     * @param from where slabs begin
     * @return where the range begins
     * @throws RefusedException as {@link #claim} does
     */
    synchronized long claimFrom(long from, long bytes, DeviceContext context) throws RefusedException {
        if (from <= 0 || bytes <= 0 || bytes > Long.MAX_VALUE / 2 - from) {
            throw new RefusedException(CudaResult.INVALID_VALUE, range(from, bytes) + " is no range of memory");
        }
        long at = from;
        long after = at;
        do {
            at = (after + Slabs.BYTES - 1) / Slabs.BYTES * Slabs.BYTES;
            Map.Entry<Long, Claim> claimed = claims.lowerEntry(at + bytes);
            Map.Entry<Long, Long> alive = live.lowerEntry(at + bytes);
            after = Math.max(
                    claimed == null ? 0 : claimed.getKey() + claimed.getValue().bytes(),
                    alive == null ? 0 : alive.getKey() + alive.getValue());
        } while (after > at);
        claim(at, bytes, context);
        return at;
    }

    /**
     * Gives up the claim of a range that begins at an address.
     *
     * @return its length
     * @throws RefusedException if there is none
     */
    synchronized long unclaim(long address) throws RefusedException {
        Claim claim = claims.remove(address);
        if (claim == null) {
            throw new RefusedException(CudaResult.INVALID_VALUE, "no memory begins at 0x" + Long.toHexString(address));
        }
        claimedSlabs.remove(address, claim.bytes());
        return claim.bytes();
    }

    /**
     * The context of the claimed range that begins at an address.
     *
     * @throws RefusedException if there is none
     */
    synchronized DeviceContext owner(long address) throws RefusedException {
        Claim claim = claims.get(address);
        if (claim == null) {
            throw new RefusedException(CudaResult.INVALID_VALUE, "no memory begins at 0x" + Long.toHexString(address));
        }
        return claim.context();
    }

    /** Where the claimed ranges of a context begin. */
    synchronized List<Long> claimedBy(DeviceContext context) {
        return claims.entrySet().stream()
                .filter(entry -> entry.getValue().context() == context)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Makes a claimed range live: zero and accessible. */
    void map(long address, long bytes) {
        require(address, bytes); // A window that is absent must have no other memory than the image's.
        mapNow(address, bytes);
    }

    private synchronized void mapNow(long address, long bytes) {
        LowerHalf.Range fresh = liveSlabs.add(address, bytes);
        try {
            if (fresh.bytes() > 0) {
                VirtualMemory.commit(fresh.address(), fresh.bytes());
                changed.begin(fresh);
            }
        } catch (LinuxException e) {
            liveSlabs.remove(address, bytes);
            throw new DeviceFault(CudaResult.OUT_OF_MEMORY, e.getMessage());
        }
        if (fresh.bytes() == 0) {
            VirtualMemory.at(address, bytes).fill((byte) 0);
        } else {
            long end = address + bytes;
            long freshEnd = fresh.address() + fresh.bytes();
            VirtualMemory.at(address, Math.max(0, fresh.address() - address)).fill((byte) 0);
            VirtualMemory.at(Math.min(freshEnd, end), Math.max(0, end - freshEnd)).fill((byte) 0);
        }
        live.put(address, bytes);
        accessible.add(address, bytes);
    }

    /** Ends a live range, giving its memory back where no other needs it. */
    void unmap(long address) {
        Long bytes = liveBytes(address);
        if (bytes != null) {
            replace(address, bytes);
        }
        unmapNow(address);
    }

    private synchronized @Nullable Long liveBytes(long address) {
        return live.get(address);
    }

    private synchronized void unmapNow(long address) {
        Long bytes = live.remove(address);
        if (bytes == null) {
            return; // Its mapping has failed.
        }
        accessible.remove(address);
        LowerHalf.Range free = liveSlabs.remove(address, bytes);
        try {
            if (free.bytes() > 0) {
                VirtualMemory.decommit(free.address(), free.bytes());
                changed.end(free);
            }
        } catch (LinuxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether all of {@code [address, address + bytes)} lies in live ranges, be they several. */
    synchronized boolean isCovered(long address, long bytes) {
        long end = address + bytes;
        for (long at = address; at < end; ) {
            Map.Entry<Long, Long> range = live.floorEntry(at);
            if (range == null || range.getKey() + range.getValue() <= at) {
                return false;
            }
            at = range.getKey() + range.getValue();
        }
        return bytes >= 0;
    }

    /** The live ranges, ascending, adjacent ones joined. */
    synchronized List<LowerHalf.Range> ranges() {
        List<LowerHalf.Range> ranges = new ArrayList<>();
        live.forEach((address, bytes) -> add(ranges, new LowerHalf.Range(address, bytes)));
        return ranges;
    }

    /**
     * Takes contents for live memory, which is zero, to bring them when they are used.
     *
     * @param lost as {@link LowerHalf#defer} has it
     */
    void defer(LowerHalf.Contents contents, Consumer<IOException> lost) {
        AbsentMemory deferred =
                new AbsentMemory(contents, lost, this::brought, () -> accessible.absence(null));
        absent = deferred;
        accessible.absence(deferred);
        deferred.begin(bringsAll);
    }

    /** Memory is as the image has it: no reason to write it to the next one. */
    private synchronized void brought(long window) {
        try {
            changed.forget(window);
        } catch (LinuxException e) {
            LOG.log(System.Logger.Level.WARNING, "the next image hashes more of device memory: {0}", e.getMessage());
        }
    }

    /** Brings what a range holds, before it is used. */
    void require(long address, long bytes) {
        Absence now = accessible.absence();
        if (now != null) {
            now.require(address, address + bytes);
        }
    }

    /** The same before all of it is overwritten or given back. */
    void replace(long address, long bytes) {
        Absence now = accessible.absence();
        if (now != null) {
            now.replace(address, address + bytes);
        }
    }

    /** What has not been brought yet, of a device that does nothing; nothing if all has. */
    Optional<AbsentMemory.Absent> absent() {
        AbsentMemory now = absent;
        return now == null ? Optional.empty() : now.now();
    }

    /** Looks what was written; returns the slabs that were changed since a capture was {@link #stored}. */
    synchronized Set<Long> changed() throws LinuxException {
        return changed.look(ranges());
    }

    /** Whether a part of memory is known not to be among what was changed. */
    synchronized boolean isUnchanged(Set<Long> since, long address, long bytes) {
        return changed.isUnchanged(since, address, bytes);
    }

    /** What was written up to now came from an image, or is to come from there. */
    synchronized void restored() throws LinuxException {
        AbsentMemory now = absent;
        Set<Long> unused = changed.look(now == null ? ranges() : present(now));
        stored();
    }

    /** The live slabs that are here: to look at others would cost time for what nobody has written. */
    private List<LowerHalf.Range> present(AbsentMemory without) {
        List<LowerHalf.Range> found = new ArrayList<>();
        for (LowerHalf.Range range : ranges()) {
            long end = range.address() + range.bytes();
            for (long at = range.address() / Slabs.BYTES * Slabs.BYTES; at < end; at += Slabs.BYTES) {
                if (!without.isAbsent(at, at + Slabs.BYTES)) {
                    add(found, new LowerHalf.Range(at, Slabs.BYTES));
                }
            }
        }
        return found;
    }

    private static void add(List<LowerHalf.Range> to, LowerHalf.Range next) {
        LowerHalf.Range last = to.isEmpty() ? null : to.getLast();
        if (last != null && last.address() + last.bytes() >= next.address()) {
            to.set(to.size() - 1,
                    new LowerHalf.Range(last.address(), next.address() + next.bytes() - last.address()));
        } else {
            to.add(next);
        }
    }

    /** What was changed up to the last look is stored. */
    synchronized void stored() {
        changed.stored();
    }

    /** Gives back all memory and all addresses. */
    @Override
    public void close() {
        AbsentMemory ending = absent;
        if (ending != null) {
            ending.close();
        }
        closeNow();
    }

    private synchronized void closeNow() {
        live.clear();
        claims.clear();
        changed.close();
        for (long window : windows) {
            try {
                VirtualMemory.unmap(window * WINDOW_BYTES, WINDOW_BYTES);
            } catch (LinuxException e) {
                throw new IllegalStateException(e);
            }
        }
        windows.clear();
    }

    private void reserve(long address, long bytes) throws LinuxException {
        for (long window = address / WINDOW_BYTES; window <= (address + bytes - 1) / WINDOW_BYTES; window++) {
            if (!windows.contains(window)) {
                VirtualMemory.reserve(window * WINDOW_BYTES, WINDOW_BYTES);
                windows.add(window);
            }
        }
    }

    static String range(long address, long bytes) {
        return bytes + " bytes at 0x" + Long.toHexString(address);
    }
}
