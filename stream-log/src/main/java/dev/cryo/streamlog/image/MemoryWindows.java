package dev.cryo.streamlog.image;

import dev.cryo.streamlog.call.LowerHalf;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the bytes of ranges of memory lie in their section: in windows of 2 MiB of the address space, of which those
 * that hold nothing are left out.
 */
final class MemoryWindows {
    private static final long WINDOW = ImageFormat.BLOCK_BYTES;

    private final List<LowerHalf.Range> ranges;
    private final long[] offsets;
    private final long bytes;

    /**
     * Places ranges.
     *
     * @throws IllegalArgumentException if they are not ascending, overlap, or are no ranges
     */
    MemoryWindows(List<LowerHalf.Range> ranges) {
        this.ranges = ranges;
        this.offsets = new long[ranges.size()];
        long end = 0;
        long endAddress = 0;
        for (int i = 0; i < offsets.length; i++) {
            LowerHalf.Range range = ranges.get(i);
            if (range.address() < endAddress || range.bytes() <= 0 || range.bytes() > Long.MAX_VALUE / 4 - end) {
                throw new IllegalArgumentException("%d bytes at 0x%x after memory up to 0x%x"
                        .formatted(range.bytes(), range.address(), endAddress));
            }
            boolean sameWindow = i > 0 && (endAddress - 1) / WINDOW == range.address() / WINDOW;
            offsets[i] = sameWindow
                    ? end + (range.address() - endAddress)
                    : Math.ceilDiv(end, WINDOW) * WINDOW + range.address() % WINDOW;
            end = offsets[i] + range.bytes();
            endAddress = range.address() + range.bytes();
            if (endAddress < 0) {
                throw new IllegalArgumentException("%d bytes at 0x%x".formatted(range.bytes(), range.address()));
            }
        }
        bytes = Math.ceilDiv(end, ImageFormat.PAGE_BYTES) * ImageFormat.PAGE_BYTES;
    }

    /** The length of the section: whole pages. */
    long bytes() {
        return bytes;
    }

    /** The parts of the ranges that lie in a block, in order. */
    List<Piece> pieces(int block) {
        long start = block * WINDOW;
        long end = start + WINDOW;
        List<Piece> pieces = new ArrayList<>();
        for (int i = firstEndingAfter(start); i < offsets.length && offsets[i] < end; i++) {
            LowerHalf.Range range = ranges.get(i);
            long from = Math.max(offsets[i], start);
            long to = Math.min(offsets[i] + range.bytes(), end);
            pieces.add(new Piece(range.address() + (from - offsets[i]), (int) (from - start), (int) (to - from)));
        }
        return pieces;
    }

    private int firstEndingAfter(long offset) {
        int low = 0;
        int high = offsets.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (offsets[middle] + ranges.get(middle).bytes() > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** A part of a range that lies in one block, at an offset there. */
    record Piece(long address, int inBlock, int bytes) {
        /** Whether both are the same memory at the same place. */
        boolean isAt(Piece other) {
            return address == other.address && inBlock == other.inBlock && bytes == other.bytes;
        }
    }
}
