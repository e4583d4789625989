package dev.cryo.lower.nvidia.driver;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * A copy of rows, as {@code CUDA_MEMCPY3D} of cuda.h lays it out.
 *
 * <pre>
 *     0  source: x, y, z, level of detail      88  target: x, y, z, level of detail
 *    32          type of memory               120          type of memory
 *    40          host address                 128          host address
 *    48          device address               136          device address
 *    56          array, reserved              144          array, reserved
 *    72          pitch, rows of a slice       160          pitch, rows of a slice
 *   (88 bytes)                                (88 bytes)
 *   176  width in bytes, height, depth
 * </pre>
 */
final class RowsDescriptor {
    static final long BYTES = 200;

    private static final long SIDE_BYTES = 88;
    private static final int HOST = 1;
    private static final int DEVICE = 2;

    private RowsDescriptor() {}

    static void write(
            MemorySegment into,
            CudaDriver.Side source,
            CudaDriver.Side target,
            long width,
            long height,
            long depth) {
        into.asSlice(0, BYTES).fill((byte) 0);
        write(into, 0, source);
        write(into, SIDE_BYTES, target);
        into.set(JAVA_LONG, 2 * SIDE_BYTES, width);
        into.set(JAVA_LONG, 2 * SIDE_BYTES + 8, height);
        into.set(JAVA_LONG, 2 * SIDE_BYTES + 16, depth);
    }

    private static void write(MemorySegment into, long at, CudaDriver.Side side) {
        into.set(JAVA_INT, at + 32, side.onDevice() ? DEVICE : HOST);
        into.set(JAVA_LONG, at + (side.onDevice() ? 48 : 40), side.address());
        into.set(JAVA_LONG, at + 72, side.pitch());
        into.set(JAVA_LONG, at + 80, side.rows());
    }
}
