package dev.cryo.streamlog.linux;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file that is written past the page cache (O_DIRECT of open(2)): nothing is copied, and what other processes have in
 * the cache stays there. A write that returned is not durable before the file is synced. Nothing depends on that this
 * goes: what cannot be written so, for whatever reason, is to be written as usual, which tells the reason. For one
 * thread at a time.
 */
public final class DirectFile implements AutoCloseable {
    private static final int EINTR = 4;
    private static final CFunction PWRITE = CFunction.of("pwrite");

    private final int descriptor;

    private DirectFile(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Opens a file that is there, and no link; empty where that is not possible. */
    public static Optional<DirectFile> open(Path file) {
        try {
            return Optional.of(new DirectFile(Descriptors.openToWriteDirectly(file.toString(), "open " + file)));
        } catch (LinuxException e) {
            return Optional.empty();
        }
    }

    /**
     * Writes from a direct buffer's position on, and moves that.
     *
     * @param offset in the file; like address and length, of what the file system wants, which a page's size mostly is
     * @return how many bytes were written, at least one; -1 if that is not possible
     */
    public int write(ByteBuffer bytes, long offset) {
        long result;
        do {
            result = pwrite(bytes, offset);
        } while (result < 0 && LibC.errno() == EINTR);
        if (result <= 0) {
            return -1;
        }
        bytes.position(bytes.position() + (int) result);
        return (int) result;
    }

    private long pwrite(ByteBuffer bytes, long offset) {
        try {
            long from = MemorySegment.ofBuffer(bytes).address();
            return PWRITE.call(descriptor, from, bytes.remaining(), offset);
        } finally {
            Reference.reachabilityFence(bytes);
        }
    }

    @Override
    public void close() throws LinuxException {
        Descriptors.close(descriptor);
    }
}
