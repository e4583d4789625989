package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.proxy.store.LocalImages;
import dev.cryo.proxy.store.MemoryBucket;
import dev.cryo.proxy.store.RemoteImages;
import dev.cryo.proxy.store.StoreUrl;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.streamlog.image.ImageStore;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteStoreTest {
    private static final int OWN = 10_000;

    @TempDir
    Path home;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final RemoteImages remote = new RemoteImages(new MemoryBucket(), StoreUrl.parse("s3://bucket"), "job");
    private JobFolder folder;
    private ImageStore local;
    private Messages messages;

    @BeforeEach
    void begin() throws Exception {
        folder = JobFolder.named("job", Map.of("CRYO_HOME", home.toString()));
        folder.create();
        local = folder.images();
        messages = new Messages(new PrintStream(said, true, StandardCharsets.UTF_8), folder.logFile());
    }

    private long fetch(OptionalLong wanted) throws Exception {
        return RemoteStore.fetch(remote, wanted, folder, local, messages);
    }

    @Test
    void nothingIsGivenBackInAStoreWhileTheJobRunsHere() throws Exception {
        RemoteStore.requireIdle(JobFolder.named("unknown", Map.of("CRYO_HOME", home.toString())));
        try (JobLock running = JobLock.take(folder)) {
            assertThat(running).isNotNull();
            assertThatThrownBy(() -> RemoteStore.requireIdle(folder))
                    .isInstanceOfSatisfying(JobException.class, e -> assertThat(e.kind()).isEqualTo(Kind.STATE))
                    .hasMessage("job job is running, and what it uploads could be lost: end it first by `cryo stop"
                            + " job`; while it runs, `launch --keep` removes old images from its store, too");
        }
        RemoteStore.requireIdle(folder);
        RemoteStore.requireIdle(folder); // It has given the lock up again.
    }

    @Test
    void thatThisMachineHasANewerImageThanTheStoreIsSaid() throws Exception {
        LocalImages.commit(local, OWN, 1);
        remote.upload(local.carry(1));
        assertThat(fetch(OptionalLong.empty())).isEqualTo(1);
        assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
        LocalImages.commit(local, OWN, 2);
        assertThat(fetch(OptionalLong.empty())).isEqualTo(1);
        assertThat(said.toString(StandardCharsets.UTF_8))
                .isEqualTo("cryo: image 1 is the newest in s3://bucket, but this machine has image 2, which `cryo"
                        + " restart job` brings back\n");
    }

    @Test
    void anImageOfThisMachineIsNotTakenForAnotherOfItsNumber() throws Exception {
        LocalImages.commit(local, OWN, 1);
        ImageStore other = ImageStore.in(home.resolve("other"));
        LocalImages.commit(other, OWN, 2);
        remote.upload(other.carry(1));
        assertThatThrownBy(() -> fetch(OptionalLong.of(1)))
                .isInstanceOfSatisfying(JobException.class, e -> assertThat(e.kind()).isEqualTo(Kind.STATE))
                .hasMessageStartingWith("image 1 of job job on this machine is not the one in s3://bucket: ");
        assertThatThrownBy(() -> fetch(OptionalLong.of(4)))
                .isInstanceOfSatisfying(JobException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNKNOWN))
                .hasMessage("s3://bucket has no image 4 of this job; it has [1]");
    }
}
