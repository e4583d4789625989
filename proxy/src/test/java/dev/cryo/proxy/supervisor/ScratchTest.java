package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchTest {
    private static final long HUGE = 1L << 60;

    @TempDir
    private Path folder;

    @Test
    void whatHasNoRoomIsRefusedBeforeAnythingIsWritten() {
        assertThatThrownBy(() -> Scratch.createFor(HUGE, Optional.of(folder)))
                .isInstanceOf(NoRoomException.class)
                .hasMessageStartingWith("a dump needs " + ByteSize.words(HUGE) + ", and " + folder + " has ")
                .hasMessageEndingWith(" free");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatIsOnlyEstimatedIsTried() throws Exception {
        try (Scratch scratch = Scratch.create(Long.MAX_VALUE, Optional.of(folder))) {
            assertThat(scratch.path()).hasParent(folder);
        }
    }

    @Test
    void encryptedDumpsAreWrittenNowhereElseThanToMemory() {
        assertThatThrownBy(() -> Scratch.create(HUGE, Optional.empty()))
                .isInstanceOf(NoRoomException.class)
                .hasMessageContaining("an encrypted job's dump is not written to disk");
    }

    @Test
    void itIsGoneWhenItIsClosed() throws Exception {
        Scratch scratch = Scratch.create(1, Optional.of(folder));
        assertThat(scratch.path()).isEmptyDirectory();
        scratch.close();
        assertThat(scratch.path()).doesNotExist();
    }
}
