package dev.cryo.lower.nvidia.driver;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/**
 * What memory is asked for.
 *
 * <pre>
 *   CUmemAllocationProp            CUmemAccessDesc
 *    0  type (PINNED)               0  location type (DEVICE)
 *    4  exported handle types       4  location id
 *    8  location type (DEVICE)      8  flags (READWRITE)
 *   12  location id
 *   16  Windows' metadata
 *   24  flags, 8 bytes
 * </pre>
 */
final class AllocationProperties {
    static final long BYTES = 32;

    private static final int PINNED = 1;
    private static final int DEVICE = 1;
    private static final int READ_WRITE = 3;

    private AllocationProperties() {}

    /** Ordinary memory of a device. */
    static void write(MemorySegment into, int device) {
        into.asSlice(0, BYTES).fill((byte) 0);
        into.set(JAVA_INT, 0, PINNED);
        into.set(JAVA_INT, 8, DEVICE);
        into.set(JAVA_INT, 12, device);
    }

    /** A device that may read and write. */
    static void writeAccess(MemorySegment into, int device) {
        into.set(JAVA_INT, 0, DEVICE);
        into.set(JAVA_INT, 4, device);
        into.set(JAVA_INT, 8, READ_WRITE);
    }
}
