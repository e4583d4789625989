package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DumpFolderTest {
    /** More than any memory has. */
    private static final long HUGE = 1L << 60;

    @TempDir
    private Path folder;

    @Test
    void nothingIsMadeBeforeItIsAskedFor() throws Exception {
        try (DumpFolder dump = new DumpFolder(Optional.of(folder))) {
            assertThat(dump.files()).isEmpty();
            assertThat(folder).isEmptyDirectory();
        }
    }

    @Test
    void itsFilesAreInOrderAndGoneWhenItIsClosed() throws Exception {
        Path made;
        try (DumpFolder dump = new DumpFolder(Optional.of(folder))) {
            made = dump.make(HUGE);
            assertThat(made).hasParent(folder);
            Files.writeString(made.resolve("pages-1.img"), "heap");
            Files.writeString(made.resolve("core-1.img"), "threads");
            assertThat(dump.files()).containsExactly(made.resolve("core-1.img"), made.resolve("pages-1.img"));
        }
        assertThat(made).doesNotExist();
    }

    @Test
    void itIsMadeOnce() throws Exception {
        try (DumpFolder dump = new DumpFolder(Optional.of(folder))) {
            dump.make(HUGE);
            assertThatThrownBy(() -> dump.make(1)).isInstanceOf(IllegalStateException.class);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatHasNoRoomIsRefused() throws Exception {
        try (DumpFolder dump = new DumpFolder(Optional.empty())) {
            assertThatThrownBy(() -> dump.make(HUGE)).isInstanceOf(NoRoomException.class);
            assertThat(dump.files()).isEmpty();
        }
    }
}
