package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The right to write to a store, held by one process at most and given up with the process; its file remembers the last
 * number used, so that none is used again after an image was removed.
 */
final class StoreLock implements AutoCloseable {
    static final String FILE = "lock";

    private final Path path;
    private final FileChannel channel;

    private StoreLock(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Takes the lock, without waiting.
     *
     * @throws IOException if it is taken
     */
    static StoreLock take(Path store) throws IOException {
        Path path = store.resolve(FILE);
        FileChannel channel = FileChannel.open(
                path,
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            if (lock(channel) != null) {
                return new StoreLock(path, channel);
            }
            throw new FileSystemException(path.toString(), null, "an image is being written by another writer");
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // This JVM holds it.
        }
    }

    /** The last number used, 0 if that is not known. */
    long lastNumber() throws IOException {
        ByteBuffer text = ByteBuffer.allocate(19);
        channel.read(text, 0);
        String digits = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip();
        return digits.matches("[0-9]{1,18}") ? Long.parseLong(digits) : 0;
    }

    /** Remembers a number. */
    void use(long number, Disk disk) throws IOException {
        channel.position(0);
        disk.write(path, channel, ByteBuffer.wrap("%018d%n".formatted(number).getBytes(StandardCharsets.US_ASCII)));
        disk.force(path, channel);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
