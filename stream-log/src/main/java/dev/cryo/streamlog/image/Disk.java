package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Every change that is made to the file system, so that tests can let each of them fail. Files and folders are readable
 * by their owner only: memory holds models and keys. Failures name the file.
 */
class Disk {
    static final Disk REAL = new Disk();

    void createFolder(Path folder) throws IOException {
        Files.createDirectory(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    FileChannel createFile(Path file) throws IOException {
        return FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    void write(Path file, WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    void force(Path file, FileChannel channel) throws IOException {
        try {
            channel.force(true);
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    void forceFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            force(folder, channel);
        }
    }

    final void forceParent(Path path) throws IOException {
        forceFolder(Objects.requireNonNull(path.toAbsolutePath().getParent(), "parent"));
    }

    void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Gives a file a second name. */
    void link(Path link, Path existing) throws IOException {
        Files.createLink(link, existing);
    }

    void delete(Path path) throws IOException {
        Files.delete(path);
    }

    /** Deletes a folder and what is in it; links are deleted, not followed. */
    final void deleteTree(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            List<Path> children;
            try (Stream<Path> entries = Files.list(path)) {
                children = entries.toList();
            }
            for (Path child : children) {
                deleteTree(child);
            }
        }
        delete(path);
    }

    private static IOException failed(Path file, IOException cause) {
        IOException failure = new FileSystemException(file.toString(), null, "cannot write: " + cause.getMessage());
        failure.initCause(cause);
        return failure;
    }
}
