package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.device.Slabs;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The driver's memory behind addresses: chunks of whole slabs, each of which is one mapping, for the driver ends
 * mappings as a whole only.
 *
 * <pre>
 *   window (64 GiB, reserved at its first use)
 *   |  chunk  |chunk|          |     chunk      |   ...
 *   |s|s|s|s|s|s|s|s|          |s|s|s|s|s|s|s|s|s        slabs of 2 MiB
 * </pre>
 *
 * <p>The table is guarded by its owner's lock. {@link #make} and {@link #unmap} call the driver, which may wait for the
 * device, and so they are called without it, by any thread. Memory is of no context: none is current meanwhile, so that
 * the end of one, which another thread may bring about, does not matter.
 */
final class Chunks {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");
    private static final long WINDOW_BYTES = 1L << 36;
    /** What is kept although nothing uses it, for who frees memory often wants some again. */
    private static final long IDLE_BYTES = 64 << 20;

    private final CudaDriver driver;
    private final Current current;
    private final NavigableMap<Long, Chunk> chunks = new TreeMap<>();
    private final Map<Integer, Long> backed = new HashMap<>();
    private long idleBytes;
    /** The reserved ones; guarded by itself. */
    private final Set<Long> windows = new HashSet<>();

    Chunks(CudaDriver driver, Current current) {
        this.driver = driver;
        this.current = current;
    }

    /** One mapping. */
    static final class Chunk {
        final long address;
        final long bytes;
        final int device;
        private boolean isThere;
        private boolean isIdle;

        Chunk(long address, long bytes, int device) {
            this.address = address;
            this.bytes = bytes;
            this.device = device;
        }

        long end() {
            return address + bytes;
        }
    }

    /** The bytes of a device that stand behind addresses. */
    long bytes(int device) {
        return backed.getOrDefault(device, 0L);
    }

    /** Whether chunks are about to be made or to end. */
    boolean isAnythingChanging() {
        return chunks.values().stream().anyMatch(chunk -> !chunk.isThere);
    }

    /**
     * Plans the chunks that all slabs of a range need beside those that are there. They must be {@linkplain #make made}
     * next.
     *
     * @return empty if chunks lie there that are about to be made or to end
     * @throws RefusedException if another device's memory lies there
     */
    Optional<List<Chunk>> plan(long address, long bytes, int device) throws RefusedException {
        List<Chunk> missing = new ArrayList<>();
        long end = ceiling(address + bytes);
        for (long at = floor(address); at < end; ) {
            Map.Entry<Long, Chunk> below = chunks.floorEntry(at);
            if (below == null || below.getValue().end() <= at) {
                Map.Entry<Long, Chunk> above = chunks.higherEntry(at);
                long to = above == null ? end : Math.min(end, above.getKey());
                // A mapping lies in one reservation.
                to = Math.min(to, (at / WINDOW_BYTES + 1) * WINDOW_BYTES);
                missing.add(new Chunk(at, to - at, device));
                at = to;
                continue;
            }
            Chunk there = below.getValue();
            if (!there.isThere) {
                return Optional.empty();
            }
            if (there.device != device) {
                throw new RefusedException(CudaResult.OPERATING_SYSTEM,
                        "memory of device " + there.device + " lies at 0x" + Long.toHexString(at));
            }
            if (there.isIdle) {
                there.isIdle = false;
                idleBytes -= there.bytes;
            }
            at = there.end();
        }
        missing.forEach(chunk -> {
            chunks.put(chunk.address, chunk);
            backed.merge(device, chunk.bytes, Long::sum);
        });
        return Optional.of(missing);
    }

    /** Makes planned chunks: all of them or none. */
    void make(List<Chunk> planned) throws RefusedException, DriverException {
        current.leave();
        List<Chunk> made = new ArrayList<>();
        try {
            for (Chunk chunk : planned) {
                make(chunk);
                made.add(chunk);
            }
        } catch (RefusedException | DriverException e) {
            made.forEach(this::unmap);
            throw e;
        }
    }

    private void make(Chunk chunk) throws RefusedException, DriverException {
        long granularity = driver.granularity(chunk.device);
        if (granularity <= 0 || Slabs.BYTES % granularity != 0) {
            throw new RefusedException(CudaResult.NOT_SUPPORTED, "device " + chunk.device
                    + " gives memory in pieces of " + granularity + " bytes, and cryo needs " + Slabs.BYTES);
        }
        reserve(chunk.address / WINDOW_BYTES);
        long memory = driver.createMemory(chunk.bytes, chunk.device);
        try {
            driver.map(chunk.address, chunk.bytes, memory);
        } finally {
            driver.releaseMemory(memory); // The mapping keeps it.
        }
        try {
            driver.allowAccess(chunk.address, chunk.bytes, chunk.device);
        } catch (DriverException e) {
            unmap(chunk);
            throw e;
        }
    }

    private void reserve(long window) throws RefusedException, DriverException {
        synchronized (windows) {
            if (!windows.contains(window)) {
                try {
                    driver.reserve(window * WINDOW_BYTES, WINDOW_BYTES);
                } catch (DriverException e) {
                    if (CudaResult.isSticky(e.code())) {
                        throw e; // It would be the same anywhere.
                    }
                    // The upper half then looks for other addresses.
                    throw new RefusedException(CudaResult.OPERATING_SYSTEM, e.getMessage());
                }
                windows.add(window);
            }
        }
    }

    /** Takes note that planned chunks were made. */
    void arrived(List<Chunk> made) {
        made.forEach(chunk -> chunk.isThere = true);
    }

    /**
     * Picks the chunks that a range touches and that nothing uses, but for a few that are kept; they must be
     * {@linkplain #unmap unmapped} next.
     */
    List<Chunk> endUnused(long address, long bytes, Predicate<Chunk> used) {
        List<Chunk> unused = new ArrayList<>();
        Map.Entry<Long, Chunk> first = chunks.floorEntry(address);
        long from = first == null ? address : first.getKey();
        for (Chunk chunk : chunks.subMap(from, true, address + bytes, false).values()) {
            if (!chunk.isThere || chunk.isIdle || chunk.end() <= address || used.test(chunk)) {
                continue;
            }
            if (idleBytes + chunk.bytes <= IDLE_BYTES) {
                chunk.isIdle = true;
                idleBytes += chunk.bytes;
            } else {
                chunk.isThere = false;
                unused.add(chunk);
            }
        }
        return unused;
    }

    /** Picks the chunks of a device that were kept; they must be {@linkplain #unmap unmapped} next. */
    List<Chunk> endIdle(int device) {
        List<Chunk> idle = chunks.values().stream()
                .filter(chunk -> chunk.isIdle && chunk.device == device)
                .toList();
        for (Chunk chunk : idle) {
            chunk.isThere = false;
            chunk.isIdle = false;
            idleBytes -= chunk.bytes;
        }
        return idle;
    }

    /** Unmaps a chunk. */
    void unmap(Chunk chunk) {
        try {
            current.leave();
            driver.unmap(chunk.address, chunk.bytes);
        } catch (DriverException e) {
            LOG.log(System.Logger.Level.WARNING, "{0} bytes of device memory at 0x{1} stay mapped: {2}",
                    Long.toString(chunk.bytes), Long.toHexString(chunk.address), e.getMessage());
        }
    }

    /** Forgets chunks that were unmapped or not made. */
    void forget(List<Chunk> gone) {
        for (Chunk chunk : gone) {
            chunks.remove(chunk.address);
            backed.merge(chunk.device, -chunk.bytes, Long::sum);
        }
    }

    /** Gives back all memory and all addresses. */
    void close() {
        chunks.values().forEach(this::unmap);
        chunks.clear();
        synchronized (windows) {
            for (long window : windows) {
                try {
                    current.leave();
                    driver.freeReservation(window * WINDOW_BYTES, WINDOW_BYTES);
                } catch (DriverException e) {
                    LOG.log(System.Logger.Level.WARNING, "addresses from 0x{0} on stay reserved: {1}",
                            Long.toHexString(window * WINDOW_BYTES), e.getMessage());
                }
            }
            windows.clear();
        }
    }

    private static long floor(long address) {
        return address / Slabs.BYTES * Slabs.BYTES;
    }

    private static long ceiling(long address) {
        return floor(address + Slabs.BYTES - 1);
    }
}
