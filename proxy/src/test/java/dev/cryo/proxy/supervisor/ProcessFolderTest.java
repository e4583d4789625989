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

    /** Makes a folder and fills it until it is ended. */
    static final class Holding {
        public static void main(String[] arguments) throws Exception {
            Path own = ProcessFolder.create(Path.of(arguments[0]), "held");
            System.out.println("made");
            for (int i = 0; true; i++) {
                Files.writeString(own.resolve("file" + i), "any");
                Thread.sleep(1);
            }
        }
    }

    @Test
    void aProcessThatIsAskedToEndRemovesItsOwn() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp", System.getProperty("java.class.path"), Holding.class.getName(), parent.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(process.inputReader().readLine()).isEqualTo("made");
            assertThat(parent).isNotEmptyDirectory();
            process.destroy();
            assertThat(process.waitFor()).isEqualTo(128 + 15);
            assertThat(parent).isEmptyDirectory();
        } finally {
            process.destroyForcibly();
        }
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
