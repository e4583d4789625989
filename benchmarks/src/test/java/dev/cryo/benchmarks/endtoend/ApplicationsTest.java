package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.apps.EndlessKernel;
import dev.cryo.benchmarks.apps.ManyStreams;
import dev.cryo.benchmarks.apps.OpenFiles;
import dev.cryo.benchmarks.apps.PinnedAndGlobals;
import dev.cryo.benchmarks.apps.StickyError;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Applications that check themselves, each under what is hard for it. */
@NeedsCriu
class ApplicationsTest extends InWorkplace {
    private static final String JOB = "app";
    /** However slow the machine is. */
    private static final int FEWEST_IMAGES = 4;

    @Test
    void eightThreadsAreExactUnderCheckpointsEvery200Millis() throws Exception {
        manyStreams(3, 30);
    }

    @Test
    @Tag("soak")
    void eightThreadsAreExactUnderCheckpointsEvery200MillisForHalfAMinute() throws Exception {
        manyStreams(30, 300);
    }

    /** Of so many steps that the application cannot end before the checkpoints do: one that meets its end fails. */
    private void manyStreams(int seconds, int steps) throws Exception {
        List<String> application = Applications.java(ManyStreams.class, "--steps", "" + steps, "--step-ms", "100");
        Child undisturbed = place.launch("undisturbed", List.of(), application);
        String expected = undisturbed.succeed(RUN).out().await("OK ", SOON).text();

        Child launched = place.launch(JOB, List.of(), application);
        launched.out().await("ready", SOON);
        Workplace.Parts parts = place.parts(JOB);
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        List<Long> images = new ArrayList<>();
        while (System.nanoTime() < end || images.size() < FEWEST_IMAGES) {
            long next = System.nanoTime() + 200_000_000L;
            images.add(place.checkpoint(JOB).image());
            Thread.sleep(Math.max(0, (next - System.nanoTime()) / 1_000_000));
        }
        System.out.println(images.size() + " checkpoints, last step " + launched.out().texts().getLast());

        place.kill(parts);
        assertThat(launched.exitCode(SOON)).isNotZero();
        Child restarted = place.start("restart", JOB);
        assertThat(restarted.succeed(RUN).out().await("OK ", SOON).text()).isEqualTo(expected);
        assertThat(images).doesNotHaveDuplicates();
    }

    @Test
    void whatIsOpenSurvives() throws Exception {
        Path folder = place.home().resolve("held");
        Child launched = place.launch(
                JOB,
                List.of(),
                Applications.java(
                        OpenFiles.class, "--stdin", "--dir", folder.toString(), "--steps", "12", "--step-ms", "150"));
        launched.out().await("ready", SOON);
        for (int step = 1; step <= 4; step++) {
            launched.write("line " + step + "\n");
        }
        launched.out().await("step 4/12", SOON);
        place.checkpoint(JOB);
        // What it does from here on is undone: its file is cut back, and it reads these lines again.
        for (int step = 5; step <= 7; step++) {
            launched.write("line " + step + "\n");
        }
        launched.out().await("step 7/12", SOON);
        place.kill(JOB);
        assertThat(launched.exitCode(SOON)).isNotZero();

        Child restarted = place.start("restart", JOB);
        for (int step = 5; step <= 12; step++) {
            restarted.write("line " + step + "\n");
        }
        restarted.succeed(RUN);
        assertThat(restarted.out().texts()).contains("step 5/12", "step 12/12").doesNotContain("step 4/12");
        assertThat(restarted.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    void pageLockedMemoryAndModuleVariablesSurvive() throws Exception {
        Child launched = place.launch(
                JOB, List.of(), Applications.java(PinnedAndGlobals.class, "--steps", "12", "--step-ms", "100"));
        launched.out().await("step 4/12", SOON);
        place.checkpoint(JOB);
        launched.out().await("step 6/12", SOON);
        place.kill(JOB);
        Child restarted = place.start("restart", JOB);
        restarted.out().await("step 6/12", SOON);
        place.checkpoint(JOB);
        place.kill(JOB);

        Child again = place.start("restart", JOB).succeed(RUN);

        assertThat(again.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    void aKernelThatNeverEndsMakesTheCheckpointTimeOutAndTheApplicationRunsOn() throws Exception {
        Child launched = place.launch(
                JOB, List.of(), Applications.java(EndlessKernel.class, "--spin-ms", "6000", "--steps", "1"));
        launched.out().await("spinning", SOON);

        Child checkpoint = place.run("checkpoint", JOB, "--timeout", "2s");

        assertThat(checkpoint.exitCode(SOON)).isEqualTo(Places.NO_CHECKPOINT);
        assertThat(checkpoint.err().text()).contains("runs kernel spin").contains("2000 ms");
        launched.succeed(RUN);
        assertThat(launched.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    void ofTwoCheckpointsThatDoNotWaitForEachOtherOneIsRefused() throws Exception {
        Child launched = place.launch(
                JOB, List.of(), Applications.java(EndlessKernel.class, "--spin-ms", "6000", "--steps", "1"));
        launched.out().await("spinning", SOON);

        Child one = place.start("checkpoint", JOB, "--no-wait", "--timeout", "3s");
        Child other = place.start("checkpoint", JOB, "--no-wait", "--timeout", "3s");

        assertThat(List.of(one.exitCode(SOON), other.exitCode(SOON))).containsOnly(Places.NO_CHECKPOINT);
        assertThat(one.err().text() + other.err().text())
                .containsOnlyOnce("cryo: another checkpoint is under way, and this one was not to wait for it")
                .contains("runs kernel spin");
        launched.succeed(RUN);
    }

    @Test
    void betweenItsSpinsSuchAnApplicationCanBeCheckpointed() throws Exception {
        Child launched = place.launch(
                JOB,
                List.of(),
                Applications.java(
                        EndlessKernel.class, "--spin-ms", "100", "--global", "--steps", "4", "--step-ms", "1000"));
        launched.out().await("step 2/4", SOON);
        CheckpointTaken taken = place.checkpoint(JOB);
        assertThat(taken.image()).isEqualTo(1);
        place.kill(JOB);
        Child restarted = place.start("restart", JOB).succeed(RUN);
        assertThat(restarted.out().texts().getLast()).startsWith("OK ");
    }

    @Test
    void anErrorThatStaysIsAsCudaHasIt() throws Exception {
        Child launched =
                place.launch(JOB, List.of(), Applications.java(StickyError.class, "--both")).succeed(RUN);

        assertThat(launched.out().texts().getLast()).startsWith("OK ");
        assertThat(launched.err().text()).contains("write_wild");
    }
}
