package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessFolderTest {
    @TempDir
    private Path parent;

    /** A folder such as another process would have made. */
    private Path of(long pid, Path own) throws Exception {
        String name = own.getFileName().toString()
                .replace("-" + ProcessHandle.current().pid() + "-", "-" + pid + "-");
        return Files.createDirectories(parent.resolve(name));
    }

    private static long ended() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        return process.pid();
    }

    @Test
    void whatAProcessThatIsNoMoreHasLeftIsRemoved() throws Exception {
        Path own = ProcessFolder.create(parent, "fetched");
        Path left = of(ended(), own);
        Files.writeString(Files.createDirectories(left.resolve("images/1")).resolve("manifest"), "any");
        Path running = of(1, own);
        Path unknown = Files.createDirectory(parent.resolve("fetched-17"));
        ProcessFolder.cleanLeftovers(parent, "other");
        assertThat(left).exists();
        ProcessFolder.cleanLeftovers(parent, "fetched");
        assertThat(left).doesNotExist();
        assertThat(own).isDirectory();
        assertThat(running).isDirectory();
        assertThat(unknown).isDirectory();
    }

    @Test
    void onlyTheirOwnerReadsThem() throws Exception {
        Path own = ProcessFolder.create(parent, "fetched");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own))).isEqualTo("rwx------");
        ProcessFolder.remove(own);
        assertThat(own).doesNotExist();
    }

    @Test
    void whereThereIsNoFolderNothingIsLeft() throws Exception {
        ProcessFolder.cleanLeftovers(parent.resolve("none"), "fetched");
        assertThat(parent).isEmptyDirectory();
    }
}
