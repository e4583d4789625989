package dev.cryo.streamlog.image;

import dev.cryo.streamlog.linux.DirectFile;
import dev.cryo.streamlog.linux.Writeback;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A new pack's file, written from its beginning on. Whole pages go past the page cache: to copy them there takes longer
 * than all that is done with a block otherwise, and takes from the cache what the job and others have in it. Where the
 * file system has no such way they go through it, and the disk begins early. For one thread at a time.
 */
final class PackOutput implements WritableByteChannel {
    /** Some blocks: the disk works while the next ones are read and named. */
    private static final long WRITEBACK_BYTES = 8L * ImageFormat.BLOCK_BYTES;

    private final FileChannel file;
    private final @Nullable Direct direct;
    private final Writeback writeback;
    private boolean past;
    private long end;
    private long begun;
    private boolean closed;

    private PackOutput(FileChannel file, @Nullable Direct direct, Writeback writeback) {
        this.file = file;
        this.direct = direct;
        this.writeback = writeback;
        this.past = direct != null;
    }

    /** Another way to the file; -1 where it cannot be written so. */
    interface Direct extends AutoCloseable {
        /** Writes whole pages of a direct buffer to a page of the file, maybe not all of them. */
        int write(ByteBuffer pages, long offset);

        @Override
        void close() throws IOException;

        /** The way past the page cache, if there is one. */
        static Optional<Direct> of(Path path) {
            return DirectFile.open(path).map(file -> new Direct() {
                @Override
                public int write(ByteBuffer pages, long offset) {
                    return file.write(pages, offset);
                }

                @Override
                public void close() throws IOException {
                    file.close();
                }
            });
        }
    }

    /** For a file that was just created, which is closed with this, or if this fails. */
    static PackOutput of(Path path, FileChannel file) throws IOException {
        return of(path, file, Direct.of(path));
    }

    static PackOutput of(Path path, FileChannel file, Optional<Direct> direct) throws IOException {
        try {
            return new PackOutput(file, direct.orElse(null), Writeback.of(path));
        } catch (IOException | RuntimeException | Error e) {
            try (file; Direct opened = direct.orElse(null)) {
                throw e;
            }
        }
    }

    /** The file itself, to be synced. */
    FileChannel file() {
        return file;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        int count = isPages(bytes) ? direct(bytes) : -1;
        if (count < 0) {
            count = file.write(bytes, end);
        }
        end += count;
        if (!past && end - begun >= WRITEBACK_BYTES) {
            writeback.begin(begun, end - begun);
            begun = end;
        }
        return count;
    }

    private boolean isPages(ByteBuffer bytes) {
        return bytes.isDirect()
                && bytes.remaining() % ImageFormat.PAGE_BYTES == 0
                && bytes.alignmentOffset(bytes.position(), ImageFormat.PAGE_BYTES) == 0
                && end % ImageFormat.PAGE_BYTES == 0;
    }

    /** -1 if it cannot be, nor any other that follows. */
    private int direct(ByteBuffer bytes) {
        int count = past && direct != null ? direct.write(bytes, end) : -1;
        past &= count >= 0;
        return count;
    }

    @Override
    public boolean isOpen() {
        return file.isOpen();
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (file; Direct opened = direct) {
            writeback.close();
        }
    }
}
