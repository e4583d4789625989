package dev.cryo.streamlog.image;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Memory for the bytes of one block. */
final class BlockBuffer {
    private static final MemorySegment ZERO_PAGE = MemorySegment.ofArray(new byte[ImageFormat.PAGE_BYTES]);

    private final MemorySegment segment;
    private final ByteBuffer bytes;
    private final CRC32C crc = new CRC32C();

    BlockBuffer(Arena arena) {
        segment = arena.allocate(ImageFormat.BLOCK_BYTES, ImageFormat.PAGE_BYTES);
        bytes = segment.asByteBuffer();
    }

    MemorySegment segment() {
        return segment;
    }

    /** The same memory; one object, whose position and limit are whatever they were left at. */
    ByteBuffer bytes() {
        return bytes;
    }

    int crc32c(int length) {
        crc.reset();
        crc.update(bytes.clear().limit(length));
        return (int) crc.getValue();
    }

    /** How many of the first {@code length} bytes remain when the zero pages at the end are left out. */
    int withoutTrailingZeros(int length) {
        int end = length;
        while (end > 0) {
            int page = (end - 1) / ImageFormat.PAGE_BYTES * ImageFormat.PAGE_BYTES;
            if (MemorySegment.mismatch(segment, page, end, ZERO_PAGE, 0, end - page) >= 0) {
                return end;
            }
            end = page;
        }
        return 0;
    }
}
