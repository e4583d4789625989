package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.apps.UnifiedMisuse;
import dev.cryo.benchmarks.apps.UnifiedRandom;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.Signals;
import dev.cryo.benchmarks.job.Workplace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an application gets that uses unified memory wrongly, or whose proxy is taken away, and what is left behind. */
class UnifiedMisuseTest extends InWorkplace {
    private static final String JOB = "misuse";

    /** The JVM's own when it ends by a fault and leaves no core. */
    private static final int CRASHED = 1;

    /** Of the JVM's own threads and memory, which come and go. */
    private static final int NOISE = 60;

    @Test
    void errorsAreThoseOfCuda() throws Exception {
        List<String> program = Applications.java(UnifiedMisuse.class, "--steps", "2");
        place.launch(JOB, List.of("--host", "app"), program).succeed(RUN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"after-free", "beyond"})
    void anAccessOutsideEndsTheApplicationAsTheJvmDoesIt(String way) throws Exception {
        List<String> program = new ArrayList<>(Applications.java(UnifiedMisuse.class, "--way", way));
        program.add(1, "-XX:ErrorFile=" + place.home().resolve("hs_err.log"));
        program.add(1, "-XX:-CreateCoredumpOnCrash");

        Child launched = place.launch(JOB, List.of("--host", "app"), program);

        assertThat(launched.exitCode(SOON)).isEqualTo(CRASHED);
        assertThat(launched.out().text()).contains("touching", "SIGSEGV").doesNotContain("read ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "4"})
    void nothingIsLeftOfManyAllocations(String threads) throws Exception {
        List<String> program = Applications.java(
                UnifiedMisuse.class, "--way", "churn", "--threads", threads, "--steps", "13", "--step-ms", "200");
        Child launched = place.launch(JOB, List.of("--host", "app"), program);
        launched.out().await("step 2/", RUN);
        Workplace.Parts parts = place.parts(JOB);
        int before = held(parts.application()) + held(parts.proxy());

        launched.out().await("step 12/", RUN);

        assertThat(held(parts.application()) + held(parts.proxy())).isLessThan(before + NOISE);
        launched.succeed(RUN);
    }

    /** Descriptors and mappings of a process. */
    private static int held(long pid) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return (int) descriptors.count()
                    + Files.readAllLines(Path.of("/proc/" + pid + "/maps")).size();
        }
    }

    /** Four threads wait for pages, and the collector for them. */
    @Test
    void anApplicationWhoseProxyStandsStillAndIsKilledEndsSoon() throws Exception {
        Child launched = place.launch(
                JOB, List.of("--host", "app"), Applications.java(UnifiedRandom.class, "--steps", "100000"));
        launched.out().await("step 2/", RUN);
        long proxy = place.parts(JOB).proxy();
        Signals.send("STOP", proxy);
        Thread.sleep(1000);
        long killed = System.nanoTime();

        Signals.send("KILL", proxy);

        assertThat(launched.exitCode(SOON)).isNotZero();
        assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(Duration.ofSeconds(5));
        assertThat(launched.err().text()).contains("the proxy is gone");
    }

    @Test
    @NeedsCriu
    void withOnFailureRestartItComesBackAndIsExact() throws Exception {
        Child launched = place.launch(
                JOB,
                List.of("--on-failure", "restart"),
                Applications.java(UnifiedRandom.class, "--steps", "60", "--operations", "40"));
        launched.out().await("step 4/", RUN);
        long image = place.checkpoint(JOB).image();
        long proxy = place.parts(JOB).proxy();
        Signals.send("STOP", proxy);
        Thread.sleep(500);

        Signals.send("KILL", proxy);

        launched.err().await("runs again from image " + image, RUN);
        launched.succeed(RUN);
        assertThat(launched.out().texts().getLast()).startsWith("OK ");
    }
}
