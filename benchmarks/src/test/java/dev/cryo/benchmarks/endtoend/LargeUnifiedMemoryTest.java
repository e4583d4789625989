package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.apps.UnifiedLarge;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** 3 GiB of unified memory of which 96 values are used: only what is used may take memory. */
class LargeUnifiedMemoryTest extends InWorkplace {
    private static final String JOB = "large";
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private static long residentMib(long pid) throws IOException {
        Matcher matcher = RESIDENT.matcher(Files.readString(Path.of("/proc/" + pid + "/status")));
        assertThat(matcher.find()).isTrue();
        return Long.parseLong(matcher.group(1)) >> 10;
    }

    @Test
    void valuesBeyondTwoGibibytesAreExactInTheApplicationsProcess() throws Exception {
        Child launched = place.launch(
                JOB,
                List.of("--in-process", "--host", "app"),
                Applications.java(UnifiedLarge.class, "--steps", "30", "--step-ms", "100"));
        launched.out().await("step 4/30", SOON);
        place.checkpoint(JOB);
        assertThat(residentMib(place.parts(JOB).application())).isLessThan(1500);
        launched.succeed(RUN);
        assertThat(launched.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    @NeedsCriu
    void valuesBeyondTwoGibibytesSurviveCheckpointsAndRestarts() throws Exception {
        Child launched = place.launch(
                JOB, List.of(), Applications.java(UnifiedLarge.class, "--steps", "60", "--step-ms", "100"));
        launched.out().await("step 4/60", SOON);
        assertThat(residentMib(place.parts(JOB).application())).isLessThan(500);
        assertThat(residentMib(place.parts(JOB).proxy())).isLessThan(1000);
        System.out.println("pause in ms: " + place.checkpoint(JOB).pauseNanos() / 1_000_000);
        place.kill(JOB);

        Child restarted = place.start("restart", JOB);
        restarted.out().await("step 20/60", SOON);
        assertThat(residentMib(place.parts(JOB).application())).isLessThan(500);
        assertThat(residentMib(place.parts(JOB).proxy())).isLessThan(1000);
        restarted.succeed(RUN);

        assertThat(restarted.out().texts().getLast()).startsWith("OK ");
    }
}
