package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartCacheTest {
    @TempDir
    Path dist;

    @Test
    void withoutACacheNothingIsAsked() {
        assertThat(new StartCache(dist.resolve("proxy.aot"), false).options()).isEmpty();
    }

    @Test
    void aCacheIsUsedAndWhatDoesNotFitIsNotTold() throws IOException {
        Path file = Files.createFile(dist.resolve("proxy.aot"));
        assertThat(new StartCache(file, false).options())
                .containsExactly("-XX:AOTCache=" + file, "-Xlog:aot=off,cds=off");
    }

    @Test
    void aCacheOlderThanAPartOfCryoIsNotUsed() throws IOException {
        Path file = Files.createFile(dist.resolve("proxy.aot"));
        Path part = Files.createFile(Files.createDirectory(dist.resolve("lib")).resolve("part.jar"));
        Files.setLastModifiedTime(part, FileTime.fromMillis(1_000_000));
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
        assertThat(new StartCache(file, false).options()).isNotEmpty();

        Files.setLastModifiedTime(part, FileTime.fromMillis(1_000_001));
        assertThat(new StartCache(file, false).options()).isEmpty();
    }

    @Test
    void aRecordingReplacesTheCacheThatIsThere() throws IOException {
        Path file = Files.createFile(dist.resolve("proxy.aot"));
        assertThat(new StartCache(file, true).options()).containsExactly("-XX:AOTCacheOutput=" + file);
    }
}
