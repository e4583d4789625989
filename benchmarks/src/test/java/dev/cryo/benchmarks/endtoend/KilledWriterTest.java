package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.Signals;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.job.Workplace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Who writes images, one after the other, is killed at any instant: all images are whole, and from the newest the job
 * goes on as it did before.
 */
@NeedsCriu
class KilledWriterTest extends InWorkplace {
    private static final String JOB = "training";
    /** How much later than an image takes it is killed at most: moments of one are met, those after it, and epochs. */
    private static final int BETWEEN_MILLIS = 1500;

    /** What any run has told of an epoch; the same bits give the same loss. */
    private final Map<Integer, String> told = new HashMap<>();

    private int toldAgain;

    @Test
    void aWriterThatIsKilledAFewTimesHarmsNoImage() throws Exception {
        killWriters(3);
    }

    @Test
    @Tag("soak")
    void aWriterThatIsKilledAtTwoHundredInstantsHarmsNoImage() throws Exception {
        killWriters(200);
        assertThat(toldAgain).as("epochs that were computed twice").isPositive();
    }

    private void killWriters(int rounds) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Child running = place.launch(
                JOB, List.of("--interval", "50ms", "--keep", "3"), Applications.trainer("--epochs", "1000000"));
        TrainerOutput.awaitEpoch(running, 1, RUN);
        int longest = (int) (place.checkpoint(JOB).totalNanos() / 1_000_000) + BETWEEN_MILLIS;
        for (int round = 0; round < rounds; round++) {
            Workplace.Parts parts = place.parts(JOB);
            Thread.sleep(random.nextInt(longest));
            boolean proxy = random.nextInt(3) == 0;
            Signals.send("KILL", proxy ? parts.proxy() : parts.supervisor());
            assertThat(running.exitCode(SOON)).isNotZero();
            Signals.awaitEnd(parts.application());
            Signals.awaitEnd(parts.proxy());
            assertThat(crash()).as("seed %s, round %s", seed, round).isEmpty();
            compare(running, round);
            Child verified = place.run("verify", JOB, "--all");
            assertThat(verified.exitCode(SOON))
                    .as("seed %s, round %s: %s", seed, round, verified.err().text())
                    .isZero();
            running = place.start("restart", JOB);
            place.awaitRunning(JOB, running, RUN);
        }
        place.kill(JOB);
        assertThat(running.exitCode(SOON)).isNotZero();
        compare(running, rounds);
        System.out.printf(
                "killed after up to %d ms; %d epochs, %d of them computed again%n", longest, told.size(), toldAgain);
    }

    /** What a proxy's JVM says of its crash, up to the threads' stacks. */
    private List<String> crash() throws IOException {
        Path log = place.job(JOB).resolve("proxy-crash.log");
        return Files.exists(log) ? Files.readAllLines(log).stream().limit(200).toList() : List.of();
    }

    private void compare(Child run, int round) {
        for (String line : run.out().texts()) {
            int epoch = TrainerOutput.epoch(line);
            String before = epoch == 0 ? null : told.putIfAbsent(epoch, line);
            if (before != null) {
                assertThat(line).as("epoch %s, told by run %s and before", epoch, round).isEqualTo(before);
                toldAgain++;
            }
        }
    }
}
