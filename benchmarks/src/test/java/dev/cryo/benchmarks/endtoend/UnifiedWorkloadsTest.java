package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.benchmarks.unified.BarnesHut;
import dev.cryo.benchmarks.unified.UnifiedMemoryStreams;
import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Programs as users write them for unified memory; each compares all its results with plain Java by itself. */
@NeedsCriu
class UnifiedWorkloadsTest extends InWorkplace {
    private static final String JOB = "workload";
    private static final Duration SOAK = Duration.ofMinutes(4);
    private static final Map<Workload, String> UNDISTURBED = new ConcurrentHashMap<>();

    private enum Workload {
        STREAMS(
                UnifiedMemoryStreams.class,
                192,
                List.of("--rounds", "8"),
                List.of("--tasks", "60", "--largest", "1200", "--rounds", "20", "--threads", "6")),
        TREE(
                BarnesHut.class,
                30,
                List.of("--bodies", "500", "--pool", "150"),
                List.of("--bodies", "8000", "--iterations", "12", "--pool", "3000"));

        private final Class<?> program;
        private final int steps;
        private final List<String> options;
        private final List<String> large;

        Workload(Class<?> program, int steps, List<String> options, List<String> large) {
            this.program = program;
            this.steps = steps;
            this.options = options;
            this.large = large;
        }

        /** The results do not depend on the pause. */
        List<String> command(int pauseMillis) {
            return command(options, pauseMillis);
        }

        List<String> command(List<String> with, int pauseMillis) {
            List<String> words = new ArrayList<>(with);
            words.addAll(List.of("--pause-ms", Integer.toString(pauseMillis)));
            return Applications.java(program, words.toArray(String[]::new));
        }

        /** What it prints after a part of its steps, out of 16. */
        String after(int part) {
            return "step " + steps * part / 16 + "/" + steps + " ";
        }

        /** A pause that makes the whole take some seconds. */
        int pause() {
            return this == STREAMS ? 60 : 100;
        }
    }

    private String undisturbed(Workload workload) throws Exception {
        String known = UNDISTURBED.get(workload);
        if (known == null) {
            known = result(place.launch("undisturbed", List.of(), workload.command(0)), RUN);
            UNDISTURBED.put(workload, known);
        }
        return known;
    }

    private static String result(Child application, Duration limit) throws UnexpectedException, InterruptedException {
        String last = application.succeed(limit).out().texts().getLast();
        assertThat(last).startsWith("OK ");
        return last;
    }

    @ParameterizedTest
    @EnumSource
    void theResultInTheApplicationsProcessIsThatBesideAProxy(Workload workload) throws Exception {
        List<String> options = List.of("--in-process", "--host", "app");

        assertThat(result(place.launch(JOB, options, workload.command(0)), RUN)).isEqualTo(undisturbed(workload));
    }

    @ParameterizedTest
    @EnumSource
    void whatIsKilledAndRestartedTwiceEndsWithTheSameResult(Workload workload) throws Exception {
        Child running = place.launch(JOB, List.of(), workload.command(workload.pause()));
        for (int part = 3; part <= 9; part += 6) {
            running.out().await(workload.after(part), SOON);
            place.checkpoint(JOB);
            running.out().await(workload.after(part + 3), SOON);
            place.kill(JOB);
            assertThat(running.exitCode(SOON)).isNotZero();
            running = place.start("restart", JOB);
        }

        assertThat(result(running, RUN)).isEqualTo(undisturbed(workload));
    }

    @ParameterizedTest
    @EnumSource
    void theResultIsTheSameWhereMemoryIsCopiedEagerly(Workload workload) throws Exception {
        try (Workplace eager = Places.createWithoutUserfaultfd()) {
            Child launched = eager.launch(JOB, List.of("--host", "app"), workload.command(20));
            launched.out().await(workload.after(3), SOON);
            eager.checkpoint(JOB);
            launched.out().await(workload.after(6), SOON);
            eager.checkpoint(JOB);

            assertThat(result(launched, RUN)).isEqualTo(undisturbed(workload));
            assertThat(launched.err().text()).contains("unified memory is copied eagerly");
        }
    }

    /** Kernels that round otherwise, which are found first on the class path. */
    @ParameterizedTest
    @EnumSource
    void aResultThatDiffersInTheLastBitFails(Workload workload) throws Exception {
        String name = workload == Workload.STREAMS ? "products.ptx" : "gravity.ptx";
        Path changed = place.home().resolve(Path.of("changed", "dev", "cryo", "benchmarks", "unified", name));
        Files.createDirectories(changed.getParent());
        try (InputStream kernels = workload.program.getResourceAsStream(name)) {
            assertThat(kernels).isNotNull();
            String text = new String(kernels.readAllBytes(), StandardCharsets.US_ASCII);
            Files.writeString(changed, text.replaceAll("(mul|div)\\.rn\\.", "$1.rz."));
        }
        List<String> command = workload.command(0);
        int path = command.indexOf("-cp") + 1;
        command.set(path, place.home().resolve("changed") + File.pathSeparator + command.get(path));

        Child launched = place.launch(JOB, List.of("--in-process", "--host", "app"), command);

        assertThat(launched.exitCode(SOON)).isEqualTo(1);
        assertThat(launched.err().text()).containsPattern("FAILED: .* is -?0x.*, expected -?0x");
    }

    @ParameterizedTest
    @EnumSource
    @Tag("soak")
    void largerOnesAreExactUnderCheckpointsAndRestarts(Workload workload) throws Exception {
        Child running = place.launch(JOB, List.of(), workload.command(workload.large, 120));
        running.out().await("step ", SOON);
        for (int cycle = 0; cycle < 6 && running.isAlive(); cycle++) {
            Thread.sleep(2000);
            place.checkpoint(JOB);
            Thread.sleep(700);
            place.kill(JOB);
            assertThat(running.exitCode(SOON)).isNotZero();
            running = place.start("restart", JOB);
            place.awaitRunning(JOB, running, SOON);
        }
        List<String> options = List.of("--in-process", "--host", "app");
        Child undisturbed = place.launch("undisturbed", options, workload.command(workload.large, 0));

        assertThat(result(running, SOAK)).isEqualTo(result(undisturbed, SOAK));
    }
}
