package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.gpu.Holder;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.proxy.supervisor.ByteSize;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Two ranks of a program, each a job of its own, whose images store what they have in common once. */
@NeedsCriu
class RanksTest extends InWorkplace {
    private static final String FIRST = "sim-0";
    private static final String SECOND = "sim-1";
    private static final long DEVICE = 64L << 20;
    /** More than what differs: host state, and what is written of a compressed one. */
    private static final long OWN = 20 << 20;
    /** All of its memory but one block in 32 is the same in both ranks. */
    private static final List<String> RANK =
            Applications.java(Holder.class, "--mib", "64", "--stride", "32", "--round-ms", "20");

    @Test
    void aRankAddsWhatIsItsOwnAndNeedsNoOtherToComeBack() throws Exception {
        List<Child> launched = new ArrayList<>();
        for (String rank : List.of(FIRST, SECOND)) {
            launched.add(place.launch(rank, List.of("--shares-with", "sim"), RANK));
        }
        for (Child rank : launched) {
            rank.out().await("round ", RUN);
        }
        assertThat(place.checkpoint(FIRST).bytes()).isGreaterThan(DEVICE);
        assertThat(place.checkpoint(SECOND).bytes()).isLessThan(OWN);
        launched.forEach(place::end);

        removeAllImagesOfTheFirst();

        try (ImageReader image = ImageStore.in(place.job(SECOND).resolve("images")).read(1)) {
            image.verifyAll((done, of) -> { });
        }
        Child restarted = place.start("restart", SECOND);
        restarted.out().await("round ", RUN);
        restarted.write("verify\n");
        restarted.out().await("verified ", SOON);
        assertThat(Files.readString(place.job(SECOND).resolve("job.json"))).contains("\"sharesWith\" : \"sim\"");
    }

    /** The disk gets back what the second does not need, and the command says so before. */
    private void removeAllImagesOfTheFirst() throws Exception {
        ImageStore images = ImageStore.in(place.job(FIRST).resolve("images"));
        images.remove(1);
        long before = diskBytes();

        String told = place.run("images", "gc", FIRST, "--dry-run").succeed(SOON).out().text();

        assertThat(diskBytes()).isEqualTo(before);
        images.collect(false);
        assertThat(packs(FIRST)).isEmpty();
        long back = before - diskBytes();
        assertThat(back).isPositive().isLessThan(OWN);
        assertThat(told).startsWith("would give back " + ByteSize.words(back) + ", of ");
    }

    private List<Path> packs(String rank) throws IOException {
        try (Stream<Path> packs = Files.list(place.job(rank).resolve("images/packs"))) {
            return packs.toList();
        }
    }

    /** What the packs of both take, a file of two names once. */
    private long diskBytes() throws IOException {
        Map<Object, Long> files = new HashMap<>();
        for (String rank : List.of(FIRST, SECOND)) {
            for (Path pack : packs(rank)) {
                Object identity = Files.getAttribute(pack, "unix:fileKey");
                files.put(Objects.requireNonNull(identity), Files.size(pack));
            }
        }
        return files.values().stream().mapToLong(Long::longValue).sum();
    }
}
