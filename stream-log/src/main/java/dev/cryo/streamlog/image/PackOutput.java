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
    private final @Nullable DirectFile direct;
    private final Writeback writeback;
    private boolean past;
    private long end;
    private long begun;

    private PackOutput(FileChannel file, @Nullable DirectFile direct, Writeback writeback) {
        this.file = file;
        this.direct = direct;
        this.writeback = writeback;
        this.past = direct != null;
    }

    /** For a file that was just created, which is closed with this, or if this fails. */
    static PackOutput of(Path path, FileChannel file) throws IOException {
        return of(path, file, DirectFile::open);
    }

    /** How a file is opened for writes past the page cache. */
    @FunctionalInterface
    interface Opening {
        /** Empty where its file system has no such way. */
        Optional<DirectFile> open(Path path) throws IOException;
    }

    static PackOutput of(Path path, FileChannel file, Opening opening) throws IOException {
        @Nullable DirectFile direct = null;
        try {
            direct = opening.open(path).orElse(null);
            return new PackOutput(file, direct, Writeback.of(path));
        } catch (IOException | RuntimeException e) {
            try (file; DirectFile opened = direct) {
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

    /** -1 if the file system does not take it, nor any other. */
    private int direct(ByteBuffer bytes) throws IOException {
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
        try (file; DirectFile opened = direct) {
            writeback.close();
        }
    }
}
