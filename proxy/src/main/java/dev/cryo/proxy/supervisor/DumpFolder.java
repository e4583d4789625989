package dev.cryo.proxy.supervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where one checkpoint's dump goes. Made only when it is asked for, since a job whose host state is not dumped would
 * stand still for it too; removed when this is closed. For one thread.
 */
final class DumpFolder implements AutoCloseable {
    private final Optional<Path> otherwise;
    private @Nullable Scratch made;

    /**
     * One that is not made yet.
     *
     * @param otherwise the folder that it is made in if memory has not the room; empty if it may lie nowhere else
     */
    DumpFolder(Optional<Path> otherwise) {
        this.otherwise = otherwise;
    }

    /**
     * Makes it, once.
     *
     * @param bytes about how much it must hold
     * @throws NoRoomException if there is no room
     */
    Path make(long bytes) throws IOException {
        if (made != null) {
            throw new IllegalStateException("it was made already");
        }
        made = Scratch.create(bytes, otherwise);
        return made.path();
    }

    /** What lies in it, in the order of the names; none if it was not made. */
    List<Path> files() throws IOException {
        if (made == null) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(made.path())) {
            return files.sorted().toList();
        }
    }

    @Override
    public void close() throws IOException {
        if (made != null) {
            made.close();
        }
    }
}
