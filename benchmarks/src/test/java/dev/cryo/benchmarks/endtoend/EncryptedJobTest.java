package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.cryo.benchmarks.gpu.Holder;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.streamlog.image.ImageKey;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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

    private Child launch(String... options) throws Exception {
        Child launched = place.launch(JOB, List.of(options), Applications.java(Holder.class, "--mib", "32"));
        launched.out().await("round ", RUN);
        return launched;
    }

    private void checkpointAndKill(Child running) throws Exception {
        place.checkpoint(JOB);
        place.kill(JOB);
        assertThat(running.exitCode(SOON)).isNotZero();
        assertNothingIsReadable();
    }

    private static void verify(Child running) throws Exception {
        running.out().await("round ", RUN);
        running.write("verify\n");
        running.out().await("verified ", SOON);
    }

    @Test
    @NeedsCriu
    void aKilledJobGoesOnWithTheKeyAndOnlyWithIt() throws Exception {
        Path key = key("key", KEY);
        Child launched = launch("--key-file", key.toString());
        place.checkpoint(JOB);
        checkpointAndKill(launched);
        assertThat(place.run("verify", "--all", JOB).succeed(SOON).out().texts()).hasSize(2);
        assertThat(place.run("inspect", JOB).succeed(SOON).out().text()).contains("format 3", "encrypted");

        String other = key("other", "ff" + KEY.substring(2)).toString();
        assertRefused("restart", "--key-file", other, JOB);
        assertRefused("restart", "--no-key", JOB);
        Path moved = Files.move(key, place.home().resolve("moved"));
        Child lost = place.run("restart", JOB);
        assertThat(lost.exitCode(SOON)).isEqualTo(UNAVAILABLE);
        assertThat(lost.err().text()).contains("key file " + key + " is not there");

        Child restarted = place.start("restart", "--key-command", "cat " + moved, JOB);
        verify(restarted);
        checkpointAndKill(restarted);
        // The job has its key from where it was found last.
        verify(place.start("restart", "--prefault", JOB));
    }

    private void assertRefused(String... command) throws Exception {
        Child refused = place.run(command);
        assertThat(refused.exitCode(SOON)).isEqualTo(IMAGE);
        assertThat(refused.err().text())
                .contains("image 2 of job secret cannot be used", "manifest at offset 32: expected key ")
                .contains("nothing was started");
    }

    @Test
    void aDeviceInTheApplicationsProcessIsEncryptedToo() throws Exception {
        Child launched = launch("--host", "app", "--in-process", "--key-file", key("key", KEY).toString());
        checkpointAndKill(launched);
        place.run("verify", JOB).succeed(SOON);
        place.start("restart", JOB).out().await("round ", RUN);
    }

    /** Neither words of the command line or the environment, nor what every class file and every JVM's memory has. */
    private void assertNothingIsReadable() throws IOException {
        try (Stream<Path> files = Files.walk(place.job(JOB).resolve("images"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain("Holder", "CRYO_HOME", "java/lang/String", KEY);
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
        Child launched = launch("--host", "app", "--in-process");
        place.checkpoint(JOB);
        place.kill(JOB);
        launched.exitCode(SOON);
        Path key = key("key", KEY);

        Child refused = place.start("restart", "--key-file", key.toString(), JOB);

        assertThat(refused.exitCode(SOON)).isEqualTo(2);
        assertThat(refused.err().text())
                .contains("image 1 of job secret is not encrypted, and there is a key (key file " + key + ")");
    }

    /** Whoever may write to the job's folder could otherwise have it compute with what he has put there. */
    @Test
    void aFailedJobDoesNotGoBackToAnImageThatIsNotEncrypted() throws Exception {
        Path images = place.job(JOB).resolve("images");
        Child inPlain = launch("--host", "app", "--in-process");
        place.checkpoint(JOB);
        place.kill(JOB);
        inPlain.exitCode(SOON);
        Path plain = Files.move(images, place.home().resolve("plain"));
        Child job = launch("--host", "app", "--in-process", "--on-failure", "restart",
                "--key-file", key("key", KEY).toString());
        place.checkpoint(JOB);
        // The job removes what earlier jobs have left there after a while, and must not meet half of each.
        try (ImageReader sealed = held(images)) {
            assertThat(sealed.key()).isPresent();
            Files.move(images, place.home().resolve("sealed"));
            Files.move(plain, images);
        }

        place.kill(JOB);

        assertThat(job.exitCode(RUN)).isEqualTo(IMAGE);
        assertThat(job.err().texts().stream().filter(line -> line.contains("it does not go back to it")))
                .singleElement(STRING)
                .contains("image 1 is not encrypted and the job is");
    }

    private static ImageReader held(Path images) throws IOException {
        ImageKey key = ImageKey.parse(KEY.getBytes(StandardCharsets.US_ASCII));
        return ImageStore.in(images, ImageKeys.of(Optional.of(key))).patient().hold(1);
    }
}
