package dev.cryo.streamlog.linux;

import java.nio.file.Path;

/**
 * Has the kernel begin to bring to the disk what was written of a file (sync_file_range(2)), so that less is left for
 * the sync at its end. It tells nothing of whether that succeeds, and a file system that has no such thing goes on
 * without: only the sync counts. For one thread at a time.
 */
public final class Writeback implements AutoCloseable {
    private static final long START = 2;
    private static final CFunction SYNC_FILE_RANGE = CFunction.of("sync_file_range");

    private final int descriptor;

    private Writeback(int descriptor) {
        this.descriptor = descriptor;
    }

    /** For a file, which may be written to by others. */
    public static Writeback of(Path file) throws LinuxException {
        return new Writeback(Descriptors.openToRead(file.toString(), "open " + file));
    }

    /** Begins with a range; returns whether the kernel does. */
    public boolean begin(long from, long bytes) {
        return (int) SYNC_FILE_RANGE.call(descriptor, from, bytes, START) == 0;
    }

    @Override
    public void close() throws LinuxException {
        Descriptors.close(descriptor);
    }
}
