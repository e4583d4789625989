package dev.cryo.lower.ptx.device;

import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Contents of ranges of memory as an image has them; loading takes a random while. */
final class StoredContents implements LowerHalf.Contents {
    private final TreeMap<Long, byte[]> ranges;
    private final long[] windows;
    private final int mostMillis;
    private final Random random = new Random(1);
    private final Map<Long, AtomicInteger> loads = new ConcurrentHashMap<>();
    private final List<Long> damaged = Collections.synchronizedList(new ArrayList<>());
    private volatile boolean closed;

    StoredContents(Map<Long, byte[]> ranges, int mostMillis) {
        this.ranges = new TreeMap<>();
        ranges.forEach((address, bytes) -> this.ranges.put(address, bytes.clone()));
        this.mostMillis = mostMillis;
        TreeSet<Long> found = new TreeSet<>();
        ranges.forEach((address, bytes) -> {
            for (long at = address; at < address + bytes.length; at++) {
                if (bytes[(int) (at - address)] != 0) {
                    found.add(at / WINDOW_BYTES);
                    at = (at / WINDOW_BYTES + 1) * WINDOW_BYTES - 1;
                }
            }
        });
        windows = found.stream().mapToLong(Long::longValue).toArray();
    }

    /** Has a window refused from now on. */
    void damage(long window) {
        damaged.add(window);
    }

    /** How often a window was loaded. */
    int loads(long window) {
        AtomicInteger count = loads.get(window);
        return count == null ? 0 : count.get();
    }

    /** How many windows were loaded. */
    int loaded() {
        return loads.size();
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public long[] windows() {
        return windows.clone();
    }

    @Override
    public void load(long window, Sink sink) throws IOException {
        check(window);
        loads.computeIfAbsent(window, key -> new AtomicInteger()).incrementAndGet();
        pause();
        ranges.forEach((address, bytes) -> {
            long from = Math.max(address, window * WINDOW_BYTES);
            long to = Math.min(address + bytes.length, (window + 1) * WINDOW_BYTES);
            if (from < to) {
                sink.write(from, MemorySegment.ofArray(bytes).asSlice(from - address, to - from).asReadOnly());
            }
        });
    }

    private void check(long window) throws IOException {
        if (closed) {
            throw new IllegalStateException("contents are read that were closed");
        }
        if (damaged.contains(window)) {
            throw new IOException("window " + window + " is damaged");
        }
    }

    private void pause() {
        try {
            int millis;
            synchronized (random) {
                millis = random.nextInt(mostMillis + 1);
            }
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void read(long address, MemorySegment into) throws IOException {
        check(address / WINDOW_BYTES);
        Map.Entry<Long, byte[]> range = ranges.floorEntry(address);
        if (range == null) {
            throw new IllegalArgumentException("no memory at 0x" + Long.toHexString(address));
        }
        into.copyFrom(MemorySegment.ofArray(range.getValue()).asSlice(address - range.getKey(), into.byteSize()));
    }

    @Override
    public void close() {
        if (closed) {
            throw new IllegalStateException("contents are closed twice");
        }
        closed = true;
    }
}
