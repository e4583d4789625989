package dev.cryo.streamlog.image;

import dev.cryo.streamlog.call.LowerHalf;
import java.util.List;

/**
 * A named sequence of bytes of an image, or the contents of ranges of memory.
 *
 * <p>Block {@code i} holds the bytes from {@code i * 2 MiB} on. For memory the bytes are those of the 2 MiB windows of
 * the address space in which ranges lie, one window after the other, zero between the ranges: so a block holds the same
 * bytes in every image in which its memory has not changed.
 *
 * @param name relative and {@code /}-separated; see the constants
 * @param bytes the length, zeros that are not stored included
 * @param ranges for memory the ranges, ascending, without overlap; empty for other sections
 * @param blocks one for each 2 MiB begun
 */
public record Section(String name, long bytes, List<LowerHalf.Range> ranges, List<BlockId> blocks) {
    /** The pruned stream log, encoded by {@link dev.cryo.streamlog.log.LogCodec}. */
    public static final String LOG = "log";

    /** Device memory. */
    public static final String DEVICE = "device";

    /** A {@link LowerHalf.DeviceState}. */
    public static final String DEVICE_STATE = "device-state";

    /** Page-locked host memory, where the host dump does not hold it. */
    public static final String HOST_MEMORY = "host-memory";

    /** What the names of files of the host dump begin with. */
    public static final String HOST = "host/";

    /** With copies of the lists. */
    public Section {
        ranges = List.copyOf(ranges);
        blocks = List.copyOf(blocks);
    }

    /** The bytes of blocks that are not of zeros alone: what a file of the contents needs on the disk, at most. */
    public long filledBytes() {
        long bytes = 0;
        for (int i = 0; i < blocks.size(); i++) {
            bytes += blocks.get(i).equals(BlockId.ZERO) ? 0 : blockBytes(i);
        }
        return bytes;
    }

    int blockBytes(int block) {
        return (int) Math.min(ImageFormat.BLOCK_BYTES, bytes - (long) block * ImageFormat.BLOCK_BYTES);
    }
}
