package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.proxy.supervisor.JobStatus.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class JobFolderTest {
    private static final ObjectMapper STRICT =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    @TempDir
    private Path home;

    @Test
    void aTornStatusIsThatOfAJobThatWasLost() throws Exception {
        JobFolder folder = JobFolder.named("job", Map.of("CRYO_HOME", home.toString()));
        folder.create();
        for (String torn : new String[] {"", "{\"phase\": \"RUNN"}) {
            Path file = Files.writeString(folder.path().resolve("status.json"), torn);
            assertThat(folder.status())
                    .contains(JobStatus.unknown(Files.getLastModifiedTime(file).toMillis()));
        }
    }

    /** Such as of a folder that was copied from elsewhere; nobody writes to these pipes. */
    @Test
    @Timeout(30)
    void pipesAreNotReadFrom() throws Exception {
        JobFolder folder = JobFolder.named("job", Map.of("CRYO_HOME", home.toString()));
        folder.create();
        for (String name : new String[] {"status.json", "job.json"}) {
            assertThat(new ProcessBuilder("mkfifo", folder.path().resolve(name).toString()).start().waitFor())
                    .isZero();
        }
        assertThat(folder.status()).hasValueSatisfying(status -> assertThat(status.phase())
                .isEqualTo(JobStatus.Phase.LOST));
        assertThatThrownBy(folder::settings)
                .isInstanceOf(JobException.class)
                .hasMessageContaining("job.json: not a regular file");
    }

    @Test
    void whereThereIsNoRoomForANewFileTheStatusIsWrittenOverTheOldOne() throws Exception {
        JobFolder folder = JobFolder.named("job", Map.of("CRYO_HOME", home.toString()));
        folder.create();
        JobStatus before = JobStatus.starting(1).after(new Failure("a long reason".repeat(10), 2));
        folder.write(before);
        // What stands in the new file's place keeps it from being made, as a full disk does.
        Files.createDirectories(folder.path().resolve(".status.json.new/taken"));
        for (String reason : new String[] {"short", "a longer reason".repeat(20)}) {
            JobStatus now = JobStatus.starting(1).after(new Failure(reason, 3));
            folder.write(now);
            assertThat(folder.status()).contains(now);
            assertThat(STRICT.readTree(folder.path().resolve("status.json").toFile())).isNotEmpty();
        }
    }
}
