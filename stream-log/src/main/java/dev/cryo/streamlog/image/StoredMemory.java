package dev.cryo.streamlog.image;

import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * A section of memory of an image, whose blocks are read one at a time, by any number of threads. Each is checked as
 * {@link ImageReader#verifyAll} would, checksum and name, before anybody has a byte of it.
 */
public final class StoredMemory implements LowerHalf.Contents {
    private final ImageReader image;
    private final Section section;
    private final MemoryWindows places;
    private final long[] windows;
    private final int[] blocks;
    private final Arena arena = Arena.ofShared();
    private final Deque<BlockBuffer> free = new ConcurrentLinkedDeque<>();

    private StoredMemory(ImageReader image, Section section) {
        this.image = image;
        this.section = section;
        this.places = new MemoryWindows(section.ranges());
        long[] found = new long[section.blocks().size()];
        int[] at = new int[found.length];
        int count = 0;
        for (int i = 0; i < found.length; i++) {
            if (!section.ranges().isEmpty() && !section.blocks().get(i).equals(BlockId.ZERO)) {
                found[count] = places.pieces(i).getFirst().address() / WINDOW_BYTES;
                at[count] = i;
                count++;
            }
        }
        this.windows = Arrays.copyOf(found, count);
        this.blocks = Arrays.copyOf(at, count);
    }

    /**
     * A section of an image.
     *
     * @param image stays the caller's: what is read here goes on when it is closed
     * @throws ImageException if the image has no such section
     */
    public static StoredMemory of(ImageReader image, String section) throws IOException {
        ImageReader own = image.share();
        try {
            return new StoredMemory(own, own.section(section));
        } catch (IOException | RuntimeException e) {
            own.close();
            throw e;
        }
    }

    @Override
    public long[] windows() {
        return windows.clone();
    }

    @Override
    public void load(long window, Sink sink) throws IOException {
        int block = block(window);
        BlockBuffer buffer = take();
        try {
            int stored = image.loadNamed(section, block, buffer);
            for (MemoryWindows.Piece piece : places.pieces(block)) {
                int filled = Math.clamp(stored - piece.inBlock(), 0, piece.bytes());
                if (filled > 0) {
                    sink.write(piece.address(), buffer.segment().asSlice(piece.inBlock(), filled).asReadOnly());
                }
            }
        } finally {
            free.push(buffer);
        }
    }

    @Override
    public void read(long address, MemorySegment into) throws IOException {
        int block = block(address / WINDOW_BYTES);
        BlockBuffer buffer = take();
        try {
            int unused = image.loadNamed(section, block, buffer);
            into.copyFrom(buffer.segment().asSlice(address % WINDOW_BYTES, into.byteSize()));
        } finally {
            free.push(buffer);
        }
    }

    private int block(long window) {
        int at = Arrays.binarySearch(windows, window);
        if (at < 0) {
            throw new IllegalArgumentException("no window " + window);
        }
        return blocks[at];
    }

    private BlockBuffer take() {
        BlockBuffer buffer = free.poll();
        return buffer == null ? new BlockBuffer(arena) : buffer;
    }

    @Override
    public void close() throws IOException {
        arena.close();
        image.close();
    }
}
