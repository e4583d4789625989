package dev.cryo.upper.cuda;

import java.lang.foreign.MemorySegment;

/** One end of a copy. Pitch and slice are the bytes from row to row and from slice to slice. */
public sealed interface Place {
    /** Bytes from row to row. */
    long pitch();

    /** Bytes from slice to slice. */
    long slice();

    /** Memory that the lower half sees at the same address. */
    sealed interface Shared extends Place {
        /** Where it begins. */
        long address();
    }

    /** Device memory. */
    record Device(long address, long pitch, long slice) implements Shared {}

    /** Unified memory, which the device reads and writes for copies. */
    record Unified(long address, long pitch, long slice) implements Shared {}

    /** Page-locked host memory. */
    record Locked(long address, long pitch, long slice) implements Shared {}

    /** Ordinary memory of the application: its arrays and buffers. Begins where the segment begins. */
    record Pageable(MemorySegment memory, long pitch, long slice) implements Place {}
}
