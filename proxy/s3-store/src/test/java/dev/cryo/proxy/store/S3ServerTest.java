package dev.cryo.proxy.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.proxy.store.StoreException.Kind;
import dev.cryo.streamlog.image.CarriedImage;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images in a real server, over a line that breaks. */
@Timeout(120)
class S3ServerTest {
    private static final int PART = 5 << 20;
    private static final int OWN = 22 << 20;

    @TempDir
    static Path shared;

    private static Server server;

    @TempDir
    Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();
    private Line line;
    private String job;
    private ImageStore local;

    @BeforeAll
    static void startServer() throws Exception {
        server = Server.start(shared);
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @BeforeEach
    void begin(TestInfo test) throws IOException {
        line = new Line(server.port());
        job = test.getTestMethod().orElseThrow().getName();
        local = ImageStore.in(folder.resolve("here"));
    }

    @AfterEach
    void end() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        line.close();
    }

    private RemoteImages remote(String url, Map<String, String> environment) throws IOException {
        StoreUrl store = StoreUrl.parse(url);
        RemoteImages images =
                new RemoteImages(Buckets.open(folder.resolve("no-jars"), store, environment), store, job, PART);
        open.add(images);
        return images;
    }

    private RemoteImages remote() throws IOException {
        return remote("s3://bucket/tests", Server.environment(line.port()));
    }

    private Path object(String name) {
        return server.object("tests/" + job + "/" + name);
    }

    @Test
    void anImageInPartsComesBackByteForByte() throws Exception {
        LocalImages.commit(local, OWN, 1);
        RemoteImages remote = remote();
        remote.requireUsable();
        remote.upload(local.carry(1));
        assertThat(remote.numbers()).containsExactly(1L);
        assertThat(Files.readAllBytes(object("images/1/manifest")))
                .isEqualTo(Files.readAllBytes(local.folder(1).resolve("manifest")));
        ImageStore other = ImageStore.in(folder.resolve("other"));
        remote.fetch(1, other);
        assertThat(LocalImages.isWhole(other, 1, OWN, 1)).isTrue();
        remote.upload(local.carry(1)); // Again, which changes nothing.
        remote.remove(1);
        assertThat(remote.collect(number -> true, false).packs()).isEqualTo(1);
        assertThat(remote.numbers()).isEmpty();
    }

    @Test
    void anUploadGoesOnWhereTheLineBroke() throws Exception {
        LocalImages.commit(local, OWN, 2);
        CarriedImage image = local.carry(1);
        long bytes = image.packs().getFirst().bytes();
        RemoteImages remote = remote();
        line.cutAfter(bytes - (2 << 20)); // More than the four parts that are sent at a time.
        assertThatThrownBy(() -> remote.upload(image))
                .isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE))
                .hasMessageContaining("in s3://bucket/tests at http://127.0.0.1:" + line.port()
                        + ": the store does not answer (");
        assertThat(remote("s3://bucket/tests", Server.environment(server.port())).numbers()).isEmpty();
        line.mend();
        long before = line.carried();
        remote.upload(image);
        assertThat(line.carried() - before).as("what is sent again").isLessThan(bytes - PART / 2);
        assertThat(remote.numbers()).containsExactly(1L);
        ImageStore other = ImageStore.in(folder.resolve("other"));
        line.cutAfter(bytes / 2);
        Thread mending = Thread.ofVirtual().start(() -> {
            sleep(700);
            line.mend();
        });
        remote.fetch(1, other);
        mending.join();
        assertThat(LocalImages.isWhole(other, 1, OWN, 2)).isTrue();
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void ofTwoWritersOfANumberTheSecondIsRefused() throws Exception {
        LocalImages.commit(local, 1000, 3);
        ImageStore other = ImageStore.in(folder.resolve("other"));
        LocalImages.commit(other, 1000, 4);
        RemoteImages remote = remote();
        remote.upload(local.carry(1));
        assertThatThrownBy(() -> remote.upload(other.carry(1)))
                .isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CONFLICT))
                .hasMessageStartingWith("s3://bucket/tests has another image 1, of a job of the same name");
        ImageStore back = ImageStore.in(folder.resolve("back"));
        remote.fetch(1, back);
        assertThat(LocalImages.isWhole(back, 1, 1000, 3)).isTrue();
    }

    @Test
    void anObjectThatWasDamagedIsRefusedWithItsPlace() throws Exception {
        LocalImages.commit(local, 1000, 5);
        RemoteImages remote = remote();
        CarriedImage image = local.carry(1);
        remote.upload(image);
        String name = "images/packs/" + image.packs().getFirst().name() + ".pack";
        byte[] bytes = Files.readAllBytes(object(name));
        bytes[5000] ^= 1;
        Files.write(object(name), bytes);
        assertThatThrownBy(() -> remote.fetch(1, ImageStore.in(folder.resolve("other"))))
                .hasMessageMatching("s3://bucket/tests/" + job + "/" + name + " is damaged: .* at offset 4096: expected"
                        + " CRC32C 0x[0-9a-f]+ of 2097152 bytes \\(block [0-9a-f]+\\), found 0x[0-9a-f]+");
    }

    @Test
    void whatIsWrongWithAStoreIsToldInWords() throws Exception {
        Map<String, String> environment = Server.environment(server.port());
        refused(remote("s3://no-such-bucket/x", environment), Kind.REFUSED,
                "there is no bucket no-such-bucket; create it, or name another with --store");
        environment.put("AWS_SECRET_ACCESS_KEY", "wrong-secret-7");
        refused(remote("s3://bucket", environment), Kind.REFUSED, "the store does not accept the credentials");
        environment.put("AWS_ACCESS_KEY_ID", "nobody");
        refused(remote("s3://bucket", environment), Kind.REFUSED, "the store does not accept the credentials");
        int closed;
        try (ServerSocket free = new ServerSocket(0)) {
            closed = free.getLocalPort();
        }
        refused(remote("s3://bucket", Server.environment(closed)), Kind.UNREACHABLE,
                "the store does not answer (ConnectException: Connection refused); is AWS_ENDPOINT_URL_S3 right?");
        environment.put("AWS_ENDPOINT_URL_S3", "127.0.0.1:" + closed);
        assertThatThrownBy(() -> remote("s3://bucket", environment))
                .hasMessageContaining("the endpoint (AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL) has not the form");
    }

    private static void refused(RemoteImages remote, Kind kind, String message) {
        assertThatThrownBy(remote::requireUsable)
                .isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageContaining(message)
                .hasMessageNotContaining("secret");
    }
}
