package dev.cryo.upper.jcuda;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Direct buffers over page-locked and unified memory. */
final class HostBuffers {
    /** The size of the largest buffer that {@link MemorySegment#asByteBuffer} makes. */
    static final int MOST_BYTES = Integer.MAX_VALUE - 8;

    private HostBuffers() {}

    /** A buffer over memory that lives until it is freed; null if it is larger than a buffer can be. */
    static @Nullable ByteBuffer over(long address, long bytes) {
        return bytes > MOST_BYTES
                ? null
                : MemorySegment.ofAddress(address)
                        .reinterpret(bytes)
                        .asByteBuffer()
                        .order(ByteOrder.nativeOrder());
    }
}
