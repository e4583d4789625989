package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.job.Workplace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A damaged image is refused with its file, before anything is started, where all of it is read ahead. Damage that is
 * met later: {@link LazyRestartTest}.
 */
@NeedsCriu
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DamagedImageTest {
    private static final String JOB = "training";
    private static final int VERSION_OFFSET = 8;

    private Workplace place;
    private Path image;

    /** A way of damaging a file. */
    private interface Damage {
        void to(Path file, Random random) throws IOException;
    }

    private static final Damage FLIPPED = (file, random) -> {
        byte[] bytes = Files.readAllBytes(file);
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bytes);
    };
    private static final Damage TRUNCATED = (file, random) -> {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(random.nextLong(channel.size()));
        }
    };
    private static final Damage MISSING = (file, random) -> Files.delete(file);

    @BeforeAll
    void create() throws Exception {
        place = Places.create();
        Child launched = place.launch(JOB, List.of(), Applications.trainer("--epochs", "100", "--pause-ms", "15"));
        TrainerOutput.awaitEpoch(launched, 2, RUN);
        image = place.image(JOB, place.checkpoint(JOB).image());
        place.kill(JOB);
        launched.exitCode(SOON);
    }

    @AfterAll
    void close() throws Exception {
        place.close();
        assertThat(place.processes()).isEmpty();
    }

    @Test
    void everyFileIsGuardedAgainstSomeDamage() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<Damage> damages = List.of(FLIPPED, TRUNCATED, MISSING);
        for (Path file : files()) {
            refuses(file, damages.get(random.nextInt(damages.size())), random);
        }
        assertRestarts();
    }

    @Test
    @Tag("soak")
    void everyFileIsGuardedAgainstEveryDamage() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (Path file : files()) {
            for (Damage damage : List.of(FLIPPED, FLIPPED, FLIPPED, TRUNCATED, TRUNCATED, MISSING)) {
                refuses(file, damage, random);
            }
        }
        assertRestarts();
    }

    @Test
    void anImageOfANewerFormatIsNamedAsSuch() throws Exception {
        Path manifest = image.resolve("manifest");
        byte[] good = Files.readAllBytes(manifest);
        ByteBuffer bytes = ByteBuffer.wrap(good.clone()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(VERSION_OFFSET, 99);
        CRC32C checksum = new CRC32C();
        checksum.update(bytes.array(), 0, good.length - Integer.BYTES);
        bytes.putInt(good.length - Integer.BYTES, (int) checksum.getValue());
        try {
            Files.write(manifest, bytes.array());

            String refusal = refusal();

            assertThat(refusal).contains("manifest").contains("99").contains("newer");
        } finally {
            Files.write(manifest, good);
        }
    }

    private void refuses(Path file, Damage damage, Random random) throws Exception {
        byte[] good = Files.readAllBytes(file);
        try {
            damage.to(file, random);
            boolean isMissingPack = damage == MISSING && !file.startsWith(image);
            assertThat(refusal())
                    .contains(isMissingPack ? "a pack with block" : file.getFileName().toString());
        } finally {
            Files.write(file, good);
        }
    }

    private String refusal() throws Exception {
        Child restarted = place.run("restart", "--prefault", JOB);
        assertThat(restarted.exitCode(SOON)).as(restarted.err().text()).isNotZero();
        assertThat(restarted.out().texts()).isEmpty();
        return restarted.err().text();
    }

    private void assertRestarts() throws Exception {
        Child restarted = place.start("restart", "--prefault", JOB);
        TrainerOutput.await(restarted, RUN);
        restarted.succeed(SOON);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> manifest = Files.list(image);
                Stream<Path> packs = Files.list(image.resolveSibling("packs"))) {
            return Stream.concat(manifest, packs).sorted().toList();
        }
    }
}
