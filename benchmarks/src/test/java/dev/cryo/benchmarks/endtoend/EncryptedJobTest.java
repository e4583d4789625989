package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.job.Workplace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A job whose images are encrypted. */
class EncryptedJobTest extends InWorkplace {
    private static final String JOB = "secret";
    private static final String KEY = "00112233445566778899aabbccddeeff".repeat(2);
    private static final int IMAGE = 65;
    private static final int UNAVAILABLE = 69;

    private Path key(String name, String contents) throws IOException {
        Path file = Files.writeString(place.home().resolve(name), contents);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    @Test
    @NeedsCriu
    @Tag("soak")
    void aKilledTrainingGoesOnWithTheKeyAndOnlyWithIt() throws Exception {
        Path key = key("key", KEY);
        TrainerOutput.Result expected = TrainerOutput.await(
                place.launch("undisturbed", List.of(), Applications.trainer("--epochs", "12")).succeed(RUN), SOON);
        Child launched = place.launch(
                JOB,
                List.of("--key-file", key.toString()),
                Applications.trainer("--epochs", "12", "--pause-ms", "400"));
        TrainerOutput.awaitEpoch(launched, 2, RUN);
        Workplace.Parts parts = place.parts(JOB);
        place.checkpoint(JOB);
        place.checkpoint(JOB);
        place.kill(parts);
        assertThat(launched.exitCode(SOON)).isNotZero();
        assertNothingIsReadable();
        assertThat(place.run("verify", "--all", JOB).succeed(SOON).out().texts()).hasSize(2);
        assertThat(place.run("inspect", JOB).succeed(SOON).out().text()).contains("format 3", "encrypted");

        String other = key("other", "ff" + KEY.substring(2)).toString();
        for (List<String> wrong : List.of(List.of("--key-file", other), List.of("--no-key"))) {
            Child refused = place.start(Stream.of(List.of("restart"), wrong, List.of(JOB))
                    .flatMap(List::stream)
                    .toArray(String[]::new));
            assertThat(refused.exitCode(SOON)).isEqualTo(IMAGE);
            assertThat(refused.err().text())
                    .contains("image 2 of job secret cannot be used", "manifest at offset 32: expected key ")
                    .contains("nothing was started");
        }
        Path moved = Files.move(key, place.home().resolve("moved"));
        Child lost = place.run("restart", JOB);
        assertThat(lost.exitCode(SOON)).isNotZero();
        assertThat(lost.err().text()).contains("key file " + key + " is not there");

        Child restarted = place.start("restart", "--key-command", "cat " + moved, JOB);
        restarted.out().await("epoch ", RUN);
        parts = place.parts(JOB);
        place.checkpoint(JOB);
        place.kill(parts);
        assertNothingIsReadable();
        // The job has its key from where it was found last.
        Child again = place.start("restart", "--prefault", JOB).succeed(RUN);
        assertThat(TrainerOutput.await(again, SOON).sha256()).isEqualTo(expected.sha256());
    }

    /** Neither words of the command line or the environment, nor what every class file and every JVM's memory has. */
    private void assertNothingIsReadable() throws IOException {
        try (Stream<Path> files = Files.walk(place.job(JOB).resolve("images"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain("DigitsTrainer", "CRYO_HOME", "java/lang/String", KEY);
            }
        }
    }

    @Test
    void aKeyThatIsNotThereIsNamedBeforeTheApplicationStarts() throws Exception {
        Path nothing = place.home().resolve("nothing");
        Child launched = place.launch(
                JOB,
                List.of("--host", "app", "--key-file", nothing.toString()),
                Applications.trainer("--epochs", "1"));
        assertThat(launched.exitCode(SOON)).isEqualTo(UNAVAILABLE);
        assertThat(launched.err().text()).contains("cryo: key file " + nothing + " is not there");
        assertThat(launched.out().texts()).isEmpty();
    }

    @Test
    void anImageThatIsNotEncryptedIsNotGoneOnFromWithAKey() throws Exception {
        List<String> options = List.of("--host", "app", "--in-process");
        Child launched = place.launch(JOB, options, Applications.trainer("--epochs", "400", "--pause-ms", "20"));
        TrainerOutput.awaitEpoch(launched, 2, RUN);
        place.checkpoint(JOB);
        place.run("stop", "--no-checkpoint", JOB).succeed(SOON);
        launched.exitCode(SOON);
        Path key = key("key", KEY);

        Child refused = place.start("restart", "--key-file", key.toString(), JOB);

        assertThat(refused.exitCode(SOON)).isEqualTo(2);
        assertThat(refused.err().text())
                .contains("image 1 of job secret is not encrypted, and there is a key (key file " + key + ")");
    }
}
