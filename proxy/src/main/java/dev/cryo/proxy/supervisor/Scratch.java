package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.HostMemory;
import dev.cryo.streamlog.image.ImageKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder for one dump, in memory where there is room: the application stands still while it is written. Removed when
 * it is closed, or, if this process is killed, by the next supervisor on this machine.
 *
 * @param path the folder
 */
record Scratch(Path path) implements AutoCloseable {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final Pattern NAME = Pattern.compile("cryo-([0-9]+)-([0-9]+)-.*");

    /**
     * Creates a folder.
     *
     * @param bytes how much it must hold
     * @param otherwise the folder that it is created in if memory has not twice the room
     * @throws NoRoomException if there is no room
     */
    static Scratch create(long bytes, Optional<Path> otherwise) throws IOException {
        boolean inMemory = Files.isWritable(MEMORY)
                && Files.getFileStore(MEMORY).getUsableSpace() / 2 > bytes
                && HostMemory.availableBytes() / 2 > bytes;
        if (!inMemory && otherwise.isEmpty()) {
            throw new NoRoomException("an encrypted job's dump is not written to disk, and memory (" + MEMORY
                    + ") has not twice the room of " + ByteSize.words(bytes));
        }
        Path parent = inMemory ? MEMORY : otherwise.orElseThrow();
        requireRoom(parent, bytes);
        return new Scratch(Files.createTempDirectory(
                parent,
                "cryo-" + pidNamespace() + "-" + ProcessHandle.current().pid() + "-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))));
    }

    private static void requireRoom(Path parent, long bytes) throws IOException {
        long free = Files.getFileStore(parent).getUsableSpace();
        if (free < bytes) {
            throw new NoRoomException("a dump needs " + ByteSize.words(bytes) + ", and " + parent + " has "
                    + ByteSize.words(free) + " free");
        }
    }

    /** Where a dump may lie if not in memory: nowhere, if images are encrypted. */
    static Optional<Path> elsewhere(Path folder, Optional<ImageKey> key) {
        return key.isPresent() ? Optional.empty() : Optional.of(folder);
    }

    /** The number of this process's PID namespace: containers may share memory, but not what their ids mean. */
    private static String pidNamespace() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString().replaceAll("[^0-9]", "");
    }

    /** Removes what processes of this namespace that are no more have left. */
    static void cleanLeftovers(Path otherwise) throws IOException {
        for (Path parent : List.of(MEMORY, otherwise)) {
            if (Files.isDirectory(parent)) {
                try (Stream<Path> entries = Files.list(parent)) {
                    String namespace = pidNamespace();
                    for (Path entry : entries.filter(each -> isLeftover(each, namespace)).toList()) {
                        removeTree(entry);
                    }
                }
            }
        }
    }

    private static boolean isLeftover(Path entry, String namespace) {
        Matcher name = NAME.matcher(entry.getFileName().toString());
        return name.matches()
                && name.group(1).equals(namespace)
                && Files.isDirectory(entry)
                && Files.isWritable(entry)
                && ProcessHandle.of(Long.parseLong(name.group(2))).isEmpty();
    }

    @Override
    public void close() throws IOException {
        removeTree(path);
    }

    private static void removeTree(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path entry : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        }
    }
}
