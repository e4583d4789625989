package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs in processes of their own that write, remove and give back room beside each other. */
@Timeout(120)
class SharedPacksProcessTest {
    private static final long NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final int KEPT = 3;

    @TempDir
    private Path temp;

    /** The blocks of an image, of which other jobs have most at about the same time. */
    private static List<Integer> blocks(long image) {
        int changed = (int) (image / 2);
        return IntStream.range(changed, changed + 24).boxed().toList();
    }

    @Test
    void twoWritersAndACollectorDoEachOtherNoHarm() throws Exception {
        Path home = Files.createDirectory(temp.resolve("jobs"));
        Ranks ranks = new Ranks(home);
        List<Process> writers = new ArrayList<>();
        int collections = 0;
        try {
            writers.add(start(home, "a"));
            writers.add(start(home, "c"));
            Random random = new Random(1);
            long end = System.nanoTime() + NANOS;
            while (System.nanoTime() < end || newest(ranks, "a") < 9 || newest(ranks, "c") < 9) {
                assertThat(writers).allMatch(Process::isAlive, said());
                collections += collect(ranks.store(random.nextBoolean() ? "a" : "c"));
                Ranks.assertHas(write(ranks.store("b")), ranks.store("b").latest().orElseThrow(), blocks(9));
            }
        } finally {
            for (Process writer : writers) {
                writer.destroyForcibly().waitFor();
            }
        }
        assertThat(collections).isPositive();
        for (String rank : List.of("a", "c")) {
            ImageStore store = ranks.store(rank);
            store.cleanLeftovers();
            assertThat(store.numbers()).isNotEmpty();
            for (long number : store.numbers()) {
                Ranks.assertHas(store, number, blocks(number));
            }
        }
        assertThat(ranks.packNames("a").toString() + ranks.packNames("c")).contains("linked-");
    }

    private static long newest(Ranks ranks, String rank) throws IOException {
        return ranks.store(rank).latest().orElse(0);
    }

    private String said() throws IOException {
        return Files.readString(temp.resolve("a.txt")) + Files.readString(temp.resolve("c.txt"));
    }

    /** A third job, by turns whole and gone. */
    private static ImageStore write(ImageStore store) throws IOException {
        Ranks.commit(store, blocks(9));
        store.keep(1);
        store.collect(false);
        return store;
    }

    private static int collect(ImageStore store) throws IOException {
        try {
            store.collect(false);
            return 1;
        } catch (FileSystemException e) {
            return 0; // Its writer is writing, or the folder is not there yet.
        }
    }

    private Process start(Path home, String rank) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        home.toString(),
                        rank)
                .redirectErrorStream(true)
                .redirectOutput(temp.resolve(rank + ".txt").toFile())
                .start();
    }

    /** Writes images, keeps some, gives back room, and verifies what it has, until it is killed. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) throws IOException {
            ImageStore store = new Ranks(Path.of(args[0])).store(args[1]).waiting(Duration.ofSeconds(60));
            for (long next = 1; next < 100_000; next++) {
                Ranks.commit(store, blocks(next));
                assertThat(store.latest()).hasValue(next);
                store.keep(KEPT);
                store.collect(false);
                for (long kept : store.numbers()) {
                    Ranks.assertHas(store, kept, blocks(kept));
                }
            }
        }
    }
}
