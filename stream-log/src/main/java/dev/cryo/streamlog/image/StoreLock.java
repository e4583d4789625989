package dev.cryo.streamlog.image;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The right to change a store, held by one process at most and given up with the process; its file remembers the last
 * number used, so that none is used again after an image was removed.
 */
final class StoreLock implements AutoCloseable {
    static final String FILE = "lock";
    private static final Duration LOOK = Duration.ofMillis(20);

    /** Stores that this process holds: closing any channel of a lock file would give up the process's lock. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path store;
    private final Path path;
    private final FileChannel channel;
    private boolean closed;

    private StoreLock(Path store, Path path, FileChannel channel) {
        this.store = store;
        this.path = path;
        this.channel = channel;
    }

    /**
     * Takes the lock, waiting for it.
     *
     * @throws IOException if it is still taken when the time is over
     */
    static StoreLock take(Path folder, Duration patience) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                return take(folder);
            } catch (Taken e) {
                if (System.nanoTime() - end >= 0) {
                    throw e;
                }
                pause();
            }
        }
    }

    private static void pause() throws InterruptedIOException {
        try {
            Thread.sleep(LOOK);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while an image is being written or restored");
        }
    }

    private static StoreLock take(Path folder) throws IOException {
        Path store = folder.toRealPath();
        Path path = store.resolve(FILE);
        if (!HELD.add(store)) {
            throw new Taken(path);
        }
        try {
            return new StoreLock(store, path, locked(path));
        } catch (IOException | RuntimeException | Error e) {
            HELD.remove(store);
            throw e;
        }
    }

    private static FileChannel opened(Path path) throws IOException {
        try {
            return FileChannel.open(
                    path,
                    Set.of(
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            LinkOption.NOFOLLOW_LINKS),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            // Of a link the JDK does not tell which file it is.
            throw (IOException) new FileSystemException(path.toString(), null, "" + e.getMessage()).initCause(e);
        }
    }

    private static FileChannel locked(Path path) throws IOException {
        FileChannel channel = opened(path);
        try {
            if (channel.tryLock() == null) {
                throw new Taken(path);
            }
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        } catch (OverlappingFileLockException e) {
            channel.close(); // Another class loader of this JVM holds it.
            throw new Taken(path);
        }
    }

    /** Another process, or another part of this one, has the lock. */
    private static final class Taken extends FileSystemException {
        private static final long serialVersionUID = 1;

        Taken(Path path) {
            super(path.toString(), null, "in use: an image is being written or restored, or room is given back");
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

    /** Gives it up, once: it may be another's after that. */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            channel.close();
        } finally {
            HELD.remove(store);
        }
    }
}
