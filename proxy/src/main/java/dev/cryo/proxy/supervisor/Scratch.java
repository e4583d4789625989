package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.HostMemory;
import dev.cryo.streamlog.image.ImageKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A folder for one dump, in memory where there is room: the application stands still while it is written. Removed when
 * it is closed, or, if this process is killed, by the next supervisor on this machine.
 *
 * @param path the folder
 */
record Scratch(Path path) implements AutoCloseable {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final String NAME = "cryo";

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
        return new Scratch(ProcessFolder.create(parent, NAME));
    }

    /**
     * The same for a dump whose length is known, not estimated.
     *
     * @throws NoRoomException if it does not fit there either
     */
    static Scratch createFor(long bytes, Optional<Path> otherwise) throws IOException {
        Scratch created = create(bytes, otherwise);
        long free = Files.getFileStore(created.path()).getUsableSpace();
        if (free < bytes) {
            created.close();
            throw new NoRoomException("a dump needs " + ByteSize.words(bytes) + ", and "
                    + created.path().getParent() + " has " + ByteSize.words(free) + " free");
        }
        return created;
    }

    /** Where a dump may lie if not in memory: nowhere, if images are encrypted. */
    static Optional<Path> elsewhere(Path folder, Optional<ImageKey> key) {
        return key.isPresent() ? Optional.empty() : Optional.of(folder);
    }

    /** Removes what processes of this namespace that are no more have left. */
    static void cleanLeftovers(Path otherwise) throws IOException {
        for (Path parent : List.of(MEMORY, otherwise)) {
            ProcessFolder.cleanLeftovers(parent, NAME);
        }
    }

    @Override
    public void close() throws IOException {
        ProcessFolder.remove(path);
    }
}
