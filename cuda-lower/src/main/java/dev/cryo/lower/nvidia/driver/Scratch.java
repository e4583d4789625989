package dev.cryo.lower.nvidia.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Native memory of the calling thread, for what a function of the driver reads or writes by pointer. */
final class Scratch {
    /** Enough for the largest parameter block (32,764 bytes) and what stands before it. */
    static final long BYTES = 64 << 10;

    private static final ThreadLocal<MemorySegment> PLACE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(BYTES, 64));

    private Scratch() {}

    /** Valid until the thread asks again. */
    static MemorySegment get() {
        return PLACE.get();
    }
}
