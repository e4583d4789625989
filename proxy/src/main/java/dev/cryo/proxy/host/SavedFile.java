package dev.cryo.proxy.host;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/**
 * A file that an application had open or mapped at its checkpoint, and how it must be at the restart.
 *
 * @param path its absolute path
 * @param role what the application did with it
 * @param size its length in bytes at the checkpoint
 * @param modified its modification time in nanoseconds since 1970 (READ only, else 0)
 * @param fingerprint the CRC-32C of its content, of samples of it above 8 MiB (READ only, else 0)
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record SavedFile(String path, Role role, long size, long modified, long fingerprint) {
    /** What an application does with a file. */
    enum Role {
        /** Open for writing, or mapped so that writing changes it: may grow, and is cut back. */
        WRITTEN,
        /** Only read, or mapped privately, as a jar or a library: must be unchanged. */
        READ,
        /** A folder, such as the working directory: must be there. */
        FOLDER
    }

    private static final long WHOLE = 8L << 20;
    private static final int HEAD = 1 << 20;
    private static final int TAIL = 4 << 20;
    private static final int SAMPLE = 64 << 10;
    private static final int SAMPLES = 48;

    static SavedFile written(String path, long size) {
        return new SavedFile(path, Role.WRITTEN, size, 0, 0);
    }

    static SavedFile folder(String path) {
        return new SavedFile(path, Role.FOLDER, 0, 0, 0);
    }

    static SavedFile read(String path, long size) throws IOException {
        Path file = Path.of(path);
        return new SavedFile(path, Role.READ, size, modified(file), fingerprint(file));
    }

    /** Why the application cannot be restored with this file as it is now; empty when it can. */
    Optional<String> obstacle() throws IOException {
        Path file = Path.of(path);
        return switch (role) {
            case FOLDER -> Files.isDirectory(file)
                    ? Optional.empty()
                    : Optional.of("the folder " + path + " is gone; create it again");
            case WRITTEN -> {
                if (!Files.isRegularFile(file)) {
                    yield Optional.of("the file " + path + ", which the application was writing, is gone; put back"
                            + " a copy of at least " + size + " bytes");
                }
                long now = Files.size(file);
                yield now >= size
                        ? Optional.empty()
                        : Optional.of("the file " + path + ", which the application was writing, has shrunk from "
                                + size + " to " + now + " bytes; put back a copy of what it held at the checkpoint");
            }
            case READ -> {
                if (!Files.isRegularFile(file)) {
                    yield Optional.of("the file " + path + ", which the application was reading, is gone; put it back");
                }
                boolean same = Files.size(file) == size
                        && (modified(file) == modified || fingerprint(file) == fingerprint);
                yield same
                        ? Optional.empty()
                        : Optional.of("the file " + path + ", which the application was reading, has changed since the"
                                + " checkpoint (" + size + " bytes then, " + Files.size(file) + " now); put back the"
                                + " file of then");
            }
        };
    }

    /**
     * Cuts a written file back to its length at the checkpoint and keeps what is cut in a new file beside it.
     *
     * @return the file that holds what was cut; empty when there was nothing to cut
     */
    Optional<Path> cutBack() throws IOException {
        Path file = Path.of(path);
        if (role != Role.WRITTEN || Files.size(file) <= size) {
            return Optional.empty();
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            Path kept = keep(file, channel);
            channel.truncate(size);
            channel.force(true);
            return Optional.of(kept);
        }
    }

    private Path keep(Path file, FileChannel channel) throws IOException {
        for (int number = 1; ; number++) {
            Path beside = file.resolveSibling(file.getFileName() + ".cryo-cut-" + number);
            try (FileChannel copy =
                    FileChannel.open(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                long at = size;
                while (at < channel.size()) {
                    at += channel.transferTo(at, channel.size() - at, copy);
                }
                copy.force(true);
                return beside;
            } catch (FileAlreadyExistsException e) {
                // Kept from an earlier restart: the next number is tried.
                continue;
            }
        }
    }

    private static long modified(Path file) throws IOException {
        return Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS);
    }

    /** Reading large files whole would hold the checkpoint up; a jar or a library that changes, changes at its end. */
    private static long fingerprint(Path file) throws IOException {
        CRC32C crc = new CRC32C();
        try (FileChannel channel = FileChannel.open(file)) {
            long size = channel.size();
            if (size <= WHOLE) {
                add(crc, channel, 0, (int) size);
            } else {
                add(crc, channel, 0, HEAD);
                for (int i = 1; i <= SAMPLES; i++) {
                    add(crc, channel, size / (SAMPLES + 1) * i, SAMPLE);
                }
                add(crc, channel, size - TAIL, TAIL);
            }
        }
        return crc.getValue();
    }

    private static void add(CRC32C crc, FileChannel channel, long from, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining() && channel.read(buffer, from + buffer.position()) >= 0) {
            continue;
        }
        crc.update(buffer.flip());
    }
}
