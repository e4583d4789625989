package dev.cryo.upper.gate;

import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Staging memory within a process, in chunks. Thread-safe. */
final class StagingPool {
    private static final long CHUNK_BYTES = 64 << 10;

    private final MemorySegment memory;
    private final int chunks;
    private final BitSet used = new BitSet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private boolean abandoned;

    StagingPool(MemorySegment memory) {
        this.memory = memory;
        this.chunks = Math.toIntExact(memory.byteSize() / CHUNK_BYTES);
    }

    MemorySegment memory() {
        return memory;
    }

    /** A quarter of all, so that some threads can have the most at one time. */
    long limit() {
        return chunks / 4 * CHUNK_BYTES;
    }

    /** Takes a range and returns its offset, waiting while none is free; -1 once the pool is abandoned. */
    long reserve(long bytes) {
        if (bytes > limit()) {
            throw new IllegalArgumentException(bytes + " bytes of staging memory, at most " + limit());
        }
        int count = chunks(bytes);
        lock.lock();
        try {
            while (!abandoned) {
                int at = find(count);
                if (at >= 0) {
                    used.set(at, at + count);
                    return at * CHUNK_BYTES;
                }
                released.awaitUninterruptibly();
            }
            return -1;
        } finally {
            lock.unlock();
        }
    }

    /** Ends all waiting: nobody is left who would give ranges back. */
    void abandon() {
        lock.lock();
        try {
            abandoned = true;
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private int find(int count) {
        for (int from = used.nextClearBit(0); from + count <= chunks; ) {
            int to = used.nextSetBit(from);
            if (to < 0 || to - from >= count) {
                return from;
            }
            from = used.nextClearBit(to);
        }
        return -1;
    }

    void release(long offset, long bytes) {
        lock.lock();
        try {
            int at = Math.toIntExact(offset / CHUNK_BYTES);
            used.clear(at, at + chunks(bytes));
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static int chunks(long bytes) {
        return (int) Math.max(1, (bytes + CHUNK_BYTES - 1) / CHUNK_BYTES);
    }
}
