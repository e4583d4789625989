package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** A new file of a section's contents, whose blocks are written in any order and by any thread; the rest is a hole. */
final class UnpackedFile implements AutoCloseable {
    private final Path path;
    private final Section section;
    private final FileChannel channel;

    private UnpackedFile(Path path, Section section, FileChannel channel) {
        this.path = path;
        this.section = section;
        this.channel = channel;
    }

    /**
     * Creates it, readable by its owner only, of the section's length.
     *
     * @throws IOException if there is such a file
     */
    static UnpackedFile create(Path path, Section section) throws IOException {
        UnpackedFile file = new UnpackedFile(path, section, Disk.REAL.createFile(path));
        try {
            if (section.bytes() > 0) {
                file.write(ByteBuffer.allocate(1), section.bytes() - 1);
            }
            return file;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Writes the first bytes of a block, as many as the section has of them. */
    void write(int block, ByteBuffer contents) throws IOException {
        int bytes = Math.min(contents.remaining(), section.blockBytes(block));
        write(contents.slice(contents.position(), bytes), (long) block * ImageFormat.BLOCK_BYTES);
    }

    private void write(ByteBuffer bytes, long offset) throws IOException {
        long at = offset;
        try {
            while (bytes.hasRemaining()) {
                at += channel.write(bytes, at);
            }
        } catch (IOException e) {
            throw (IOException) new FileSystemException(path.toString(), null, "cannot write: " + e.getMessage())
                    .initCause(e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
