package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.Signals;
import dev.cryo.benchmarks.job.TrainerOutput;
import dev.cryo.benchmarks.job.Workplace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What goes through {@code launch}: streams, exit status, signals; and the signals that checkpoint. */
@NeedsCriu
class PassThroughTest extends InWorkplace {
    private static final String JOB = "through";
    private static final List<String> TRAINING = Applications.trainer("--epochs", "7", "--pause-ms", "15");

    @Test
    void standardStreamsAndExitStatusPassUnchanged() throws Exception {
        String script = "while read -r line; do echo \"out $line\"; echo \"err $line\" >&2; done; exit 42";
        Child launched = place.launch(JOB, List.of(), List.of("bash", "-c", script));
        List<String> expected =
                IntStream.range(0, 2000).mapToObj(i -> "out äöü \t " + i).toList();
        for (int i = 0; i < 2000; i++) {
            launched.write("äöü \t " + i + "\n");
        }
        launched.endInput();

        assertThat(launched.exitCode(RUN)).isEqualTo(42);
        assertThat(launched.out().texts()).isEqualTo(expected);
        assertThat(launched.err().texts().stream().filter(line -> line.startsWith("err ")))
                .hasSize(2000);
    }

    @Test
    void deathBySignalIsTheShellsCode() throws Exception {
        Child launched = place.launch(JOB, List.of(), List.of("bash", "-c", "echo ready; sleep 60"));
        launched.out().await("ready", SOON);

        Signals.send("KILL", awaitStarted().path("application").path("pid").asLong());

        assertThat(launched.exitCode(SOON)).isEqualTo(128 + 9);
    }

    @Test
    void anInterruptReachesTheApplication() throws Exception {
        String script = "trap 'echo interrupted; exit 7' INT; echo ready; while :; do sleep 0.1; done";
        Child launched = place.launch(JOB, List.of(), List.of("bash", "-c", script));
        launched.out().await("ready", SOON);

        launched.signal("INT");

        assertThat(launched.exitCode(SOON)).isEqualTo(7);
        assertThat(launched.out().texts()).contains("interrupted");
    }

    @Test
    void everyByteComesThroughHoweverSlowTheReader() throws Exception {
        Child launched = launchInShell("\"$@\" | { sleep 4; wc -c; }", "head -c 200000 /dev/zero; echo END");

        launched.succeed(RUN);
        assertThat(launched.out().text().strip()).isEqualTo("200004");
    }

    @Test
    void aSignalGivesUpAnOutputThatNobodyReads() throws Exception {
        Child launched = launchInShell(
                "\"$@\" | { read -r line; echo \"$line\"; while [[ ! -e $CRYO_HOME/go ]]; do sleep 0.1; done; };"
                        + " exit ${PIPESTATUS[0]}",
                "echo ready; head -c 120000 /dev/zero; sleep 1; exit 7");
        launched.out().await("ready", SOON);
        long supervisor = awaitStarted().path("supervisor").path("pid").asLong();
        JobFile.await(place, JOB, status -> status.path("application").isNull(), SOON);

        Signals.send("INT", supervisor);

        Signals.awaitEnd(supervisor);
        Files.createFile(place.home().resolve("go"));
        assertThat(launched.exitCode(SOON)).isEqualTo(7);
        assertThat(launched.err().text()).contains("nobody has read the end of the application's output: it is lost");
    }

    @Test
    void aBrokenPipeReachesTheApplication() throws Exception {
        Child launched = launchInShell(
                "\"$@\" | head -1; exit ${PIPESTATUS[0]}",
                "while echo line 2>/dev/null; do sleep 0.01; done; echo broken >&2; exit 3");

        assertThat(launched.exitCode(SOON)).isEqualTo(3);
        assertThat(launched.out().texts()).containsExactly("line");
        assertThat(launched.err().texts()).contains("broken");
    }

    /** Launches a shell script, and the command line that launches it by another one, which knows it as "$@". */
    private Child launchInShell(String outer, String script) throws IOException {
        return place.start(
                place.cryo().after("bash", "-mc", outer, "bash"),
                List.of("launch", "--name", JOB, "--", "bash", "-c", script));
    }

    @Test
    void whatWouldEndAnyProcessReachesTheApplicationToo() throws Exception {
        List<String> signals = List.of("HUP", "USR2", "ALRM", "VTALRM", "PROF", "XCPU", "IO", "PWR", "STKFLT");
        StringBuilder script = new StringBuilder("trap 'exit 7' INT; ");
        signals.forEach(signal -> script.append("trap 'echo got-%1$s' %1$s; ".formatted(signal)));
        Child launched = place.launch(
                JOB, List.of(), List.of("bash", "-c", script + "echo ready; while :; do sleep 0.05; done"));
        launched.out().await("ready", SOON);

        for (String signal : signals) {
            launched.signal(signal);
            launched.out().await("got-" + signal, SOON);
        }
        launched.signal("INT");

        assertThat(launched.exitCode(SOON)).isEqualTo(7);
    }

    @Test
    void aLimitThatTheApplicationDoesNotHandleEndsItAsItWouldWithoutCryo() throws Exception {
        Child launched = place.launch(JOB, List.of(), List.of("bash", "-c", "echo ready; sleep 60"));
        launched.out().await("ready", SOON);

        launched.signal("ALRM");

        assertThat(launched.exitCode(SOON)).isEqualTo(128 + 14);
    }

    /** As a shell with job control does, `timeout` has a process group for what it starts: it can be stopped there. */
    @Test
    void aStopFromTheTerminalStopsTheApplicationToo() throws Exception {
        Child launched = place.start(
                place.cryo().after("timeout", "60"),
                List.of("launch", "--name", JOB, "--", "bash", "-c",
                        "trap 'exit 7' INT; echo ready; while :; do sleep 0.1; done"));
        launched.out().await("ready", SOON);
        JsonNode status = awaitStarted();
        long supervisor = status.path("supervisor").path("pid").asLong();
        long application = status.path("application").path("pid").asLong();

        Signals.send("TSTP", supervisor);
        awaitState(supervisor, 'T');
        awaitState(application, 'T');
        Signals.send("CONT", supervisor);
        awaitState(supervisor, 'S');
        awaitState(application, 'S');

        Signals.send("INT", supervisor);
        Signals.awaitEnd(supervisor);
    }

    private JsonNode awaitStarted() throws Exception {
        return JobFile.await(place, JOB, now -> now.path("application").path("pid").asLong() > 0, SOON);
    }

    private static void awaitState(long pid, char state) throws Exception {
        long end = System.nanoTime() + SOON.toNanos();
        while (stat(pid)[0].charAt(0) != state) {
            assertThat(System.nanoTime()).as("process %d in state %s".formatted(pid, state)).isLessThan(end);
            Thread.sleep(20);
        }
    }

    @Test
    void terminationCheckpointsAndThenEnds() throws Exception {
        Child launched = place.launch(JOB, List.of(), TRAINING);
        TrainerOutput.awaitEpoch(launched, 2, RUN);

        launched.signal("TERM");

        assertThat(launched.exitCode(SOON)).isEqualTo(128 + 15);
        assertThat(images()).hasSize(1);
        Child restarted = place.start("restart", JOB);
        TrainerOutput.await(restarted, RUN);
        restarted.succeed(SOON);
        assertThat(restarted.out().texts()).doesNotContain("epoch 1/7").hasSizeLessThan(8);
    }

    /** Batch systems and `timeout` send their signals to whole process groups. */
    @Test
    void terminationOfTheWholeProcessGroupCheckpointsAndThenEnds() throws Exception {
        List<String> words = new ArrayList<>(List.of("launch", "--name", JOB, "--"));
        words.addAll(TRAINING);
        Child launched = place.start(place.cryo().after("setsid"), words);
        TrainerOutput.awaitEpoch(launched, 2, RUN);
        assertThat(processGroup(launched.pid())).isEqualTo(launched.pid());

        Signals.sendToGroup("TERM", launched.pid());

        assertThat(launched.exitCode(SOON)).isEqualTo(128 + 15);
        assertThat(images()).hasSize(1);
        TrainerOutput.await(place.start("restart", JOB).succeed(RUN), SOON);
    }

    @Test
    void aSignalToTheProcessGroupReachesLaunchAlone() throws Exception {
        Child launched = place.launch(JOB, List.of(), TRAINING);
        TrainerOutput.awaitEpoch(launched, 2, RUN);

        // Asked for once: each answer is a command of its own, and the training is short.
        Workplace.Parts parts = place.parts(JOB);
        long own = processGroup(ProcessHandle.current().pid());
        assertThat(processGroup(parts.supervisor())).isEqualTo(own);
        assertThat(processGroup(parts.proxy())).isEqualTo(parts.proxy());
        assertThat(processGroup(parts.application())).isNotEqualTo(own);
        launched.succeed(RUN);
    }

    private static long processGroup(long pid) throws IOException {
        return Long.parseLong(stat(pid)[2]);
    }

    /** The fields of the process's stat file behind the name, which may hold blanks: the state is the first. */
    private static String[] stat(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    }

    @Test
    void userSignalOneCheckpointsAndGoesOn() throws Exception {
        Child launched = place.launch(JOB, List.of(), TRAINING);
        TrainerOutput.awaitEpoch(launched, 2, RUN);

        launched.signal("USR1");

        launched.succeed(RUN);
        assertThat(TrainerOutput.await(launched, SOON).sha256()).hasSize(64);
        assertThat(images()).hasSize(1);
    }

    @Test
    void withAnIntervalCheckpointsComeByThemselves() throws Exception {
        Child launched = place.launch(
                JOB, List.of("--interval", "1s"), Applications.trainer("--epochs", "8", "--pause-ms", "15"));

        launched.succeed(RUN);

        assertThat(images()).hasSizeGreaterThanOrEqualTo(2);
    }

    private List<JsonNode> images() throws Exception {
        JsonNode images = place.json("images", JOB, "--json");
        return IntStream.range(0, images.size()).mapToObj(images::get).toList();
    }
}
