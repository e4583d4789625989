package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.apps.ManagedVariables;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.CommandLine;
import dev.cryo.benchmarks.job.Workplace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code __managed__} variables that host and device change in turns. */
class ManagedVariablesTest extends InWorkplace {
    private static final String JOB = "managed";

    @Test
    void theyAreExactInTheApplicationsProcess() throws Exception {
        Child launched =
                place.launch(JOB, List.of("--in-process", "--host", "app"), Applications.java(ManagedVariables.class));
        launched.succeed(RUN);
        assertThat(launched.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    @NeedsCriu
    void theySurviveCheckpointsAndRestarts() throws Exception {
        Child launched = place.launch(
                JOB, List.of(), Applications.java(ManagedVariables.class, "--steps", "80", "--step-ms", "50"));
        launched.out().await("step 9/80", SOON);
        place.checkpoint(JOB);
        long image = place.checkpoint(JOB).image();
        place.kill(JOB);
        assertThat(place.run("inspect", JOB + "@" + image, "--json").out().text())
                .contains("ModuleLoadManaged", "managedAt", "ManagedAlloc");

        Child restarted = place.start("restart", JOB);
        restarted.out().await("step 40/80", SOON);
        place.checkpoint(JOB);
        place.kill(JOB);
        Child again = place.start("restart", JOB).succeed(RUN);

        assertThat(again.out().texts().getLast()).startsWith("OK ");
    }

    /** In a namespace where neither the system call nor the device file gives a userfaultfd. */
    @Test
    void theyAreExactWhereEverythingIsCopied() throws Exception {
        String refuse = "mount --bind /dev/null /dev/userfaultfd && "
                + "exec setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace -- \"$@\"";
        Path home = Files.createTempDirectory("cryo-eager-");
        CommandLine without = Places.cryo().after("unshare", "-m", "sh", "-c", refuse, "sh");
        try (Workplace eager = Workplace.in(home, without)) {
            Child launched =
                    eager.launch(JOB, List.of("--host", "app"), Applications.java(ManagedVariables.class));
            launched.succeed(RUN);
            assertThat(launched.out().texts().getLast()).startsWith("OK ");
            assertThat(launched.err().text()).contains("unified memory is copied eagerly");
        }
    }
}
