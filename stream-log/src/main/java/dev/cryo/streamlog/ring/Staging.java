package dev.cryo.streamlog.ring;

import static dev.cryo.streamlog.ring.RingDescriptor.CHUNKS;
import static dev.cryo.streamlog.ring.RingDescriptor.CHUNK_BYTES;
import static dev.cryo.streamlog.ring.RingDescriptor.INT;

import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/**
 * Memory for data on its way between the halves. The upper half reserves areas, in whole chunks; either half gives them
 * back, and then another thread may have them. Thread-safe, across processes as far as giving back goes.
 */
public final class Staging {
    private static final int FREE = 0;
    private static final int TAKEN = 1;

    private final MemorySegment memory;
    private final long statesOffset;
    private final MemorySegment data;
    private final SpaceSignal signal;
    private int cursor;

    Staging(MemorySegment memory, long statesOffset, long dataOffset, SpaceSignal signal) {
        this.memory = memory;
        this.statesOffset = statesOffset;
        this.data = memory.asSlice(dataOffset, (long) CHUNKS * CHUNK_BYTES);
        this.signal = signal;
    }

    /** Bytes of memory that {@link #within} needs. */
    public static long bytesNeeded() {
        return 4096 + CHUNKS * 4L + (long) CHUNKS * CHUNK_BYTES;
    }

    /** Staging of one process alone, in zeroed native memory of {@link #bytesNeeded}. */
    public static Staging within(MemorySegment memory) {
        return new Staging(memory, 4096, 4096 + CHUNKS * 4L, new SpaceSignal(memory, 0, 64));
    }

    /** The most bytes that one area may have: a quarter of all. */
    public static long limit() {
        return (long) CHUNKS / 4 * CHUNK_BYTES;
    }

    /** All of the memory; areas are offsets into it. */
    public MemorySegment data() {
        return data;
    }

    /**
     * Reserves an area, waiting while none is free.
     *
     * @param bytes 1 to {@link #limit}
     * @param abandoned is asked while waiting; once true the wait ends
     * @return the offset, or -1 if the wait was abandoned
     */
    public long reserve(long bytes, BooleanSupplier abandoned) {
        if (bytes < 1 || bytes > limit()) {
            throw new IllegalArgumentException("staging area of " + bytes + " bytes, at most " + limit());
        }
        int chunks = (int) ((bytes + CHUNK_BYTES - 1) / CHUNK_BYTES);
        long offset = tryReserve(chunks);
        if (offset >= 0) {
            return offset;
        }
        long[] found = {-1};
        signal.await(() -> (found[0] = tryReserve(chunks)) >= 0 || abandoned.getAsBoolean());
        return found[0];
    }

    /** Gives an area back. */
    public void release(long offset, long bytes) {
        int first = (int) (offset / CHUNK_BYTES);
        int chunks = (int) ((bytes + CHUNK_BYTES - 1) / CHUNK_BYTES);
        for (int i = first; i < first + chunks; i++) {
            INT.setRelease(memory, statesOffset + i * 4L, FREE);
        }
        signal.raise();
    }

    private synchronized long tryReserve(int chunks) {
        int run = 0;
        // Goes once around from where the last area ended; an area does not wrap.
        for (int looked = 0, at = cursor; looked < CHUNKS + chunks; looked++, at++) {
            if (at == CHUNKS) {
                at = 0;
                run = 0;
            }
            run = (int) INT.getAcquire(memory, statesOffset + at * 4L) == FREE ? run + 1 : 0;
            if (run == chunks) {
                int first = at - chunks + 1;
                for (int i = first; i <= at; i++) {
                    INT.set(memory, statesOffset + i * 4L, TAKEN);
                }
                cursor = (at + 1) % CHUNKS;
                return (long) first * CHUNK_BYTES;
            }
        }
        return -1;
    }
}
