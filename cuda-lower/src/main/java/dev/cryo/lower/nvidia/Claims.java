package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.device.Slabs;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Who has which addresses of device memory: a claim, or work that may still use a retired range. Not thread-safe. */
final class Claims {
    private final NavigableMap<Long, Claim> claims = new TreeMap<>();
    private final NavigableMap<Long, Long> retired = new TreeMap<>();
    private final Map<Integer, Slabs> slabs = new HashMap<>();

    /** A range that a context has. */
    static final class Claim {
        final long address;
        final long bytes;
        final GpuContext context;

        Claim(long address, long bytes, GpuContext context) {
            this.address = address;
            this.bytes = bytes;
            this.context = context;
        }

        long end() {
            return address + bytes;
        }

        LowerHalf.Range range() {
            return new LowerHalf.Range(address, bytes);
        }
    }

    /** The bytes of all slabs of a device that claims touch. */
    long slabBytes(int device) {
        return slabs(device).bytes();
    }

    private Slabs slabs(int device) {
        return slabs.computeIfAbsent(device, any -> new Slabs());
    }

    /**
     * Claims a range.
     *
     * @throws RefusedException if it is none, or overlaps another claim
     */
    Claim add(long address, long bytes, GpuContext context) throws RefusedException {
        requireRange(address, bytes);
        if (isAnyClaimed(address, bytes)) {
            throw new RefusedException(
                    CudaResult.INVALID_VALUE, GpuMemory.range(address, bytes) + " overlaps memory that lives");
        }
        Claim claim = new Claim(address, bytes, context);
        claims.put(address, claim);
        slabs(context.device).add(address, bytes);
        return claim;
    }

    private static void requireRange(long address, long bytes) throws RefusedException {
        if (address <= 0 || bytes <= 0 || bytes > Long.MAX_VALUE / 2 - address) {
            throw new RefusedException(
                    CudaResult.INVALID_VALUE, GpuMemory.range(address, bytes) + " is no range of memory");
        }
    }

    void remove(Claim claim) {
        claims.remove(claim.address);
        slabs(claim.context.device).remove(claim.address, claim.bytes);
    }

    /** Whether a claim was not taken away. */
    boolean has(Claim claim) {
        return claims.get(claim.address) == claim;
    }

    /**
     * The claim that begins at an address.
     *
     * @throws RefusedException if there is none
     */
    Claim at(long address) throws RefusedException {
        Claim claim = claims.get(address);
        if (claim == null) {
            throw new RefusedException(CudaResult.INVALID_VALUE, "no memory begins at 0x" + Long.toHexString(address));
        }
        return claim;
    }

    /** The lowest place from an address on where nothing is in as many whole slabs as are needed. */
    long lowestFree(long from, long bytes) throws RefusedException {
        requireRange(from, bytes);
        long at;
        long after = from;
        do {
            at = (after + Slabs.BYTES - 1) / Slabs.BYTES * Slabs.BYTES;
            Map.Entry<Long, Claim> live = claims.lowerEntry(at + bytes);
            Map.Entry<Long, Long> ending = retired.lowerEntry(at + bytes);
            after = Math.max(
                    live == null ? 0 : live.getValue().end(),
                    ending == null ? 0 : ending.getKey() + ending.getValue());
        } while (after > at);
        return at;
    }

    /** Takes a claim away whose range work may still use. */
    LowerHalf.Range retire(Claim claim) {
        remove(claim);
        retired.put(claim.address, claim.bytes);
        return claim.range();
    }

    /** Takes all claims of a context away. */
    List<LowerHalf.Range> retireAll(GpuContext context) {
        List<LowerHalf.Range> ranges = new ArrayList<>();
        for (Claim claim : List.copyOf(claims.values())) {
            if (claim.context == context) {
                if (isAnyRetired(claim.address, claim.bytes)) {
                    remove(claim); // It is one that waits for that, and has no memory.
                } else {
                    ranges.add(retire(claim));
                }
            }
        }
        return ranges;
    }

    /** Says that no work uses a retired range any more. */
    void end(LowerHalf.Range range) {
        retired.remove(range.address());
    }

    boolean isAnythingRetired() {
        return !retired.isEmpty();
    }

    /** Whether a part of a range is claimed or retired. */
    boolean isUsed(long address, long bytes) {
        return isAnyClaimed(address, bytes) || isAnyRetired(address, bytes);
    }

    private boolean isAnyClaimed(long address, long bytes) {
        Map.Entry<Long, Claim> below = claims.lowerEntry(address + bytes);
        return below != null && below.getValue().end() > address;
    }

    boolean isAnyRetired(long address, long bytes) {
        Map.Entry<Long, Long> below = retired.lowerEntry(address + bytes);
        return below != null && below.getKey() + below.getValue() > address;
    }

    /** Whether all of {@code [address, address + bytes)} lies in claims, be they several. */
    boolean isCovered(long address, long bytes) {
        long end = address + bytes;
        for (long at = address; at < end; ) {
            Map.Entry<Long, Claim> claim = claims.floorEntry(at);
            if (claim == null || claim.getValue().end() <= at) {
                return false;
            }
            at = claim.getValue().end();
        }
        return bytes >= 0;
    }

    /** The context of the claim that an address lies in; null if it lies in none. */
    @Nullable GpuContext around(long address) {
        Map.Entry<Long, Claim> claim = claims.floorEntry(address);
        return claim == null || claim.getValue().end() <= address ? null : claim.getValue().context;
    }

    /** The claimed ranges of a device, ascending, adjacent ones joined. */
    List<LowerHalf.Range> ranges(int device) {
        List<LowerHalf.Range> ranges = new ArrayList<>();
        for (Claim claim : claims.values()) {
            LowerHalf.Range last = ranges.isEmpty() ? null : ranges.getLast();
            if (claim.context.device != device) {
                continue;
            }
            if (last != null && last.address() + last.bytes() == claim.address) {
                ranges.set(ranges.size() - 1, new LowerHalf.Range(last.address(), last.bytes() + claim.bytes));
            } else {
                ranges.add(claim.range());
            }
        }
        return ranges;
    }
}
