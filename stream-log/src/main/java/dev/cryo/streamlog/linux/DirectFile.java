package dev.cryo.streamlog.linux;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file that is written past the page cache (O_DIRECT of open(2)): nothing is copied, and what other processes have in
 * the cache stays there. A write that returned is not durable before the file is synced. For one thread at a time.
 */
public final class DirectFile implements AutoCloseable {
    private static final int EINVAL = 22;
    private static final int EOPNOTSUPP = 95;
    private static final MethodHandle PWRITE = LibC.bind("pwrite", 4);

    private final int descriptor;

    private DirectFile(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Opens a file that is there, and no link; empty where its file system has no such way. */
    public static Optional<DirectFile> open(Path file) throws LinuxException {
        try {
            return Optional.of(new DirectFile(Descriptors.openToWriteDirectly(file.toString(), "open " + file)));
        } catch (LinuxException e) {
            if (isNoSuchWay(e.errno())) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static boolean isNoSuchWay(int error) {
        return error == EINVAL || error == EOPNOTSUPP;
    }

    /**
     * Writes from a direct buffer's position on, and moves that.
     *
     * @param offset in the file; like address and length, of what the file system wants, which a page's size mostly is
     * @return how many bytes were written, at least one; -1 if the file system does not take such a write
     * @throws LinuxException whose message does not name the file
     */
    public int write(ByteBuffer bytes, long offset) throws LinuxException {
        long result;
        try {
            result = (long) PWRITE.invokeExact(
                    LibC.errnoPlace(),
                    (long) descriptor,
                    MemorySegment.ofBuffer(bytes).address(),
                    (long) bytes.remaining(),
                    offset);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        } finally {
            Reference.reachabilityFence(bytes);
        }
        if (result < 0) {
            int error = LibC.errno();
            if (isNoSuchWay(error)) {
                return -1;
            }
            throw new LinuxException(error);
        }
        bytes.position(bytes.position() + (int) result);
        return (int) result;
    }

    @Override
    public void close() throws LinuxException {
        Descriptors.close(descriptor);
    }
}
