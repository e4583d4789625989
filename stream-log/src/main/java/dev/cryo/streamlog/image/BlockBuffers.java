package dev.cryo.streamlog.image;

import dev.cryo.streamlog.linux.PageAllocator;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;

/**
 * Buffers in which blocks are made ready for images, kept from one image to the next: the kernel zeroes fresh memory,
 * and in a virtual machine gets it from its host, which takes as long as to read a block into it. It has as many as the
 * {@link SectionWriter} had that used most at a time, of 2 MiB each, as much again if blocks were compressed, and if
 * they were encrypted. Thread-safe.
 */
public final class BlockBuffers implements AutoCloseable {
    private final PageAllocator memory = new PageAllocator();
    private final Deque<BlockBuffer> free = new ArrayDeque<>();

    /** A buffer, with whatever was left in it; to be given back. */
    synchronized BlockBuffer take() {
        BlockBuffer kept = free.poll();
        return kept == null ? new BlockBuffer(memory) : kept;
    }

    /** Takes buffers back that nobody uses any more. */
    synchronized void giveBack(Collection<BlockBuffer> buffers) {
        free.addAll(buffers);
    }

    /** Gives the memory of all buffers back; nobody may use one any more. */
    @Override
    public void close() throws IOException {
        memory.close();
    }
}
