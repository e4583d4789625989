package dev.cryo.benchmarks.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.apps.UnifiedRandom;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random programs on unified memory give exactly what they give on plain arrays, through everything that there is. */
class UnifiedRandomTest extends InWorkplace {
    private static final String JOB = "random";
    private static final Duration LONG = Duration.ofMinutes(10);

    /** Set the system property to run a seed again. */
    private static final long SEED = Long.getLong("cryo.seed", System.nanoTime() & 0xffff_ffffL);

    /** A program of 4 times so many operations as {@code steps} times {@code operations}. */
    private static List<String> program(long seed, int steps, int operations, String... more) {
        System.out.println("-Dcryo.seed=" + seed);
        List<String> words = new ArrayList<>(Applications.java(UnifiedRandom.class));
        words.addAll(List.of("--seed", "" + seed, "--steps", "" + steps, "--operations", "" + operations));
        words.addAll(List.of(more));
        return words;
    }

    private static void assertExact(Child launched) throws Exception {
        launched.succeed(LONG);
        assertThat(launched.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    void aRandomProgramIsExactBesideAProxy() throws Exception {
        assertExact(place.launch(JOB, List.of("--host", "app"), program(SEED, 50, 50)));
    }

    @Test
    void aRandomProgramIsExactInTheApplicationsProcess() throws Exception {
        assertExact(place.launch(JOB, List.of("--in-process", "--host", "app"), program(SEED, 20, 50, "--strict")));
    }

    @Test
    void aRandomProgramIsExactWhereEverythingIsCopied() throws Exception {
        List<String> options = List.of("--host", "app", "--unified-memory", "eager");
        assertExact(place.launch(JOB, options, program(SEED, 20, 50, "--strict")));
    }

    @Test
    void aRandomProgramIsExactWhereWholeRegionsAreCopied() throws Exception {
        assertExact(place.launch(
                JOB, List.of("--host", "app", "--unified-memory", "regions"), program(SEED, 20, 50)));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    @Tag("soak")
    void longRandomProgramsAreExact(long seed) throws Exception {
        assertExact(place.launch(JOB, List.of("--host", "app"), program(seed, 250, 100)));
    }

    @Test
    @NeedsCriu
    void aRandomProgramIsExactThroughCheckpointsAndRestarts() throws Exception {
        throughRestarts(program(SEED, 60, 20, "--step-ms", "50"), 60, 8);
    }

    /** 100,000 operations, with a checkpoint after every few hundred of them. */
    @Test
    @Tag("soak")
    @NeedsCriu
    void aLongRandomProgramIsExactThroughManyRestarts() throws Exception {
        throughRestarts(program(4, 2500, 10, "--step-ms", "50"), 2500, 5);
    }

    /**
     * Has a program of so many steps checkpointed after every few of them, and killed and restarted each second time,
     * when it has gone on for a while.
     */
    private void throughRestarts(List<String> program, int steps, int stride) throws Exception {
        Random random = new Random(steps);
        Child running = place.launch(JOB, List.of(), program);
        int restarts = 0;
        int checkpoints = 0;
        // Not near the end: what has ended cannot be killed.
        for (int at = stride; at < steps - Math.max(20, steps / 10); ) {
            awaitStep(running, at);
            Workplace.Parts parts = place.parts(JOB); // Before, as the program runs on meanwhile.
            long image = place.checkpoint(JOB).image();
            checkpoints++;
            dropBefore(image);
            at = Math.max(at, latestStep(running)) + stride;
            if (random.nextBoolean()) {
                Thread.sleep(random.nextInt(100));
                place.kill(parts);
                assertThat(running.exitCode(LONG)).as(running.printed()).isNotZero(); // Until then the job runs.
                running = place.start("restart", JOB);
                restarts++;
            }
        }
        System.out.println(checkpoints + " checkpoints, " + restarts + " restarts");
        assertExact(running);
        assertThat(restarts).isPositive();
    }

    private static void awaitStep(Child running, int step) throws Exception {
        try {
            running.out().await(line -> stepOf(line) >= step, "step " + step, LONG);
        } catch (UnexpectedException e) {
            throw new UnexpectedException(running.printed(), e); // What failed is on the standard error.
        }
    }

    private static int latestStep(Child running) {
        return running.out().texts().stream().mapToInt(UnifiedRandomTest::stepOf).max().orElse(0);
    }

    private static int stepOf(String line) {
        return line.startsWith("step ") ? Integer.parseInt(line.substring(5, line.indexOf('/'))) : 0;
    }

    /** Gives up the images that no restart needs any more: a long run would fill the disk. */
    private void dropBefore(long image) throws IOException {
        Path old = place.image(JOB, image - 2);
        if (Files.isDirectory(old)) {
            try (Stream<Path> files = Files.walk(old)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
