package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.proxy.store.LocalImages;
import dev.cryo.proxy.store.MemoryBucket;
import dev.cryo.proxy.store.MemoryBucket.Fault;
import dev.cryo.proxy.store.RemoteImages;
import dev.cryo.proxy.store.StoreUrl;
import dev.cryo.streamlog.image.ImageStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images that go to a store in the background. */
@Timeout(60)
class MirrorTest {
    private static final int OWN = 10_000;
    private static final int KEPT = 2;
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path home;

    private final MemoryBucket bucket = new MemoryBucket();
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private JobFolder folder;
    private ImageStore local;
    private RemoteImages remote;
    private StatusBoard status;
    private Mirror mirror;

    @BeforeEach
    void begin() throws Exception {
        folder = JobFolder.named("job", Map.of("CRYO_HOME", home.toString()));
        folder.create();
        local = folder.images();
        remote = new RemoteImages(bucket, StoreUrl.parse("s3://bucket"), "job");
        Messages messages = new Messages(new PrintStream(said, true, StandardCharsets.UTF_8), folder.logFile());
        status = new StatusBoard(folder, messages);
        mirror = new Mirror(remote, local, KEPT, messages, status);
    }

    @AfterEach
    void end() {
        mirror.close();
    }

    private void commit() throws IOException {
        LocalImages.commit(local, OWN, local.lastNumber() + 1);
    }

    @Test
    void whatIsThereAndWhatComesLaterIsUploadedAndTheNewestAreKept() throws Exception {
        commit();
        commit();
        mirror.start();
        assertThat(mirror.awaitAll(LONG)).isEmpty();
        assertThat(remote.numbers()).containsExactly(1L, 2L);
        commit();
        mirror.wake();
        assertThat(mirror.await(3, LONG)).isEmpty();
        while (remote.numbers().size() > KEPT) {
            Thread.sleep(5);
        }
        assertThat(remote.numbers()).containsExactly(2L, 3L);
        assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void anImageThatIsDamagedHereHoldsUpNoOtherAndIsNotWaitedFor() throws Exception {
        commit();
        commit();
        Path manifest = local.folder(2).resolve("manifest");
        byte[] bytes = Files.readAllBytes(manifest);
        bytes[bytes.length / 2] ^= 1;
        Files.write(manifest, bytes);
        mirror.start();
        assertThat(mirror.await(1, LONG)).isEmpty();
        assertThat(mirror.awaitAll(LONG).orElse(""))
                .startsWith("image 2 is not in s3://bucket yet: damaged image: " + manifest);
        assertThat(remote.numbers()).containsExactly(1L);
        commit();
        mirror.wake();
        assertThat(mirror.await(3, LONG)).isEmpty();
    }

    @Test
    void anImageThatIsRemovedWhileItIsUploadedIsNotMissed() throws Exception {
        LocalImages.commit(local, 5 << 20, 1);
        bucket.before(4, () -> {
            try {
                commit();
                local.keep(1);
                local.collect(false);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        mirror.start();
        assertThat(mirror.await(2, LONG)).isEmpty();
        assertThat(remote.numbers()).containsExactly(2L);
        assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void anImageThatIsBeingUploadedIsSparedWhenOldOnesAreRemoved() throws Exception {
        commit();
        bucket.before(4, () -> {
            try {
                commit();
                commit();
                assertThat(mirror.underWay()).isEqualTo(1);
                assertThat(local.keep(1, mirror.underWay())).containsExactly(2L);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        mirror.start();
        assertThat(mirror.await(3, LONG)).isEmpty();
        assertThat(mirror.await(1, LONG)).isEmpty();
        assertThat(remote.numbers()).containsExactly(1L, 3L);
        while (mirror.underWay() != 0) {
            Thread.sleep(5);
        }
        assertThat(local.keep(1, mirror.underWay())).containsExactly(1L);
    }

    @Test
    void aStoreThatFailsOnceIsAskedAgainAndBothAreSaid() throws Exception {
        commit();
        bucket.fail(3, Fault.ANSWER_LOST);
        mirror.start();
        assertThat(mirror.awaitAll(LONG)).isEmpty();
        mirror.close();
        assertThat(said.toString(StandardCharsets.UTF_8)).isEqualTo("""
                cryo: images are not in s3://bucket yet: the line is cut in list; the job runs on, and it is tried again
                cryo: all images are in s3://bucket now
                """);
        assertThat(status.now().upload()).isEqualTo(
                new JobStatus.Upload("s3://bucket", 1L, List.of(), null));
    }

    @Test
    void anotherWritersImageEndsIt() throws Exception {
        mirror.start();
        assertThat(mirror.awaitAll(LONG)).isEmpty();
        ImageStore other = ImageStore.in(home.resolve("other"));
        LocalImages.commit(other, OWN, 9);
        while (bucket.calls.isEmpty()) {
            Thread.sleep(5); // Until it has asked what is there.
        }
        remote.upload(other.carry(1));
        commit();
        mirror.wake();
        assertThat(mirror.await(1, LONG).orElse(""))
                .isEqualTo("image 1 is not in s3://bucket yet: s3://bucket has another image 1, of a job of the same"
                        + " name on another machine; this one's images are not uploaded: launch it with another --name"
                        + " or --store");
        assertThat(said.toString(StandardCharsets.UTF_8)).doesNotContain("tried again");
    }
}
