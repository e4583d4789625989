package dev.cryo.proxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Launching what is no JVM: all that a supervisor does but checkpoints, without root. */
@Timeout(120)
class LaunchTest {
    @TempDir
    Path home;

    private final List<RunningCryo> running = new ArrayList<>();

    @AfterEach
    void endAll() {
        running.forEach(cryo -> {
            List<ProcessHandle> all = cryo.process.descendants().toList();
            cryo.process.destroyForcibly();
            all.forEach(ProcessHandle::destroyForcibly);
        });
    }

    private RunningCryo cryo(String... arguments) throws IOException {
        RunningCryo started = RunningCryo.start(home, arguments);
        running.add(started);
        return started;
    }

    private RunningCryo shell(String script) throws IOException {
        return cryo("launch", "--name", "job", "--host", "app", "--", "sh", "-c", script);
    }

    @Test
    void streamsAndExitStatusPassThroughUnchanged() throws Exception {
        RunningCryo job = shell("cat; echo to-stderr >&2; exit 7");
        String text = "line\n".repeat(100_000) + "no end of line";
        job.write(text);
        job.process.getOutputStream().close();
        assertThat(job.exitCode()).isEqualTo(7);
        assertThat(job.out()).isEqualTo(text);
        assertThat(job.err()).contains("to-stderr\n");
        assertThat(job.err().lines().filter(line -> !line.equals("to-stderr")))
                .allMatch(line -> line.startsWith("cryo: "));
    }

    @Test
    void anInputThatHasEndedBeforeTheApplicationStartsIsJustEmpty() throws Exception {
        RunningCryo job = shell("wc -c");
        job.process.getOutputStream().close();
        assertThat(job.exitCode()).isZero();
        assertThat(job.out().strip()).isEqualTo("0");
    }

    @Test
    void deathBySignalIsTheExitStatus() throws Exception {
        assertThat(shell("kill -9 $$").exitCode()).isEqualTo(128 + 9);
    }

    @Test
    void signalsReachTheApplication() throws Exception {
        RunningCryo job = shell("trap 'echo got-hup; exit 4' HUP; echo ready; while :; do sleep 0.1; done");
        job.awaitOut("ready");
        job.signal("HUP");
        assertThat(job.exitCode()).isEqualTo(4);
        assertThat(job.out()).endsWith("got-hup\n");
    }

    @Test
    void anEndOfTheReaderReachesTheApplication() throws Exception {
        RunningCryo job = shell("exec 0<&-; sleep 0.2; exit 5");
        assertThat(job.exitCode()).isEqualTo(5);
    }

    @Test
    void terminationEndsAJobThatCannotBeSaved() throws Exception {
        RunningCryo job = shell("trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done");
        job.awaitOut("ready");
        job.signal("TERM");
        assertThat(job.exitCode()).isEqualTo(9);
        assertThat(job.err())
                .contains("checkpoint failed while closing the gate: the application's JVM is not connected");
    }

    @Test
    void aSecondJobOfTheNameIsRefusedWhileOneRuns() throws Exception {
        RunningCryo first = shell("echo ready; sleep 60");
        first.awaitOut("ready");
        RunningCryo second = shell("echo second");
        assertThat(second.exitCode()).isEqualTo(ExitCodes.STATE);
        assertThat(second.err()).contains("job job is running");
        assertThat(second.out()).isEmpty();

        RunningCryo restart = cryo("restart", "job");
        assertThat(restart.exitCode()).isEqualTo(ExitCodes.STATE);
        RunningCryo checkpoint = cryo("checkpoint", "job");
        assertThat(checkpoint.exitCode()).isEqualTo(ExitCodes.NO_CHECKPOINT);
        JsonNode ps = new ObjectMapper().readTree(listed());
        assertThat(ps.get(0).get("name").asText()).isEqualTo("job");
        assertThat(ps.get(0).get("phase").asText()).isNotEqualTo("ended");
        assertThat(ps.get(0).get("lastError").get("message").asText()).contains("not connected");
        assertThat(ps.get(0).get("supervisor").get("pid").asLong()).isEqualTo(first.process.pid());

        RunningCryo stop = cryo("stop", "job", "--no-checkpoint");
        assertThat(stop.exitCode()).isZero();
        assertThat(first.exitCode()).isEqualTo(128 + 15);
        assertThat(new ObjectMapper().readTree(listed()).get(0).get("exitCode").asInt()).isEqualTo(128 + 15);
    }

    private String listed() throws IOException, InterruptedException {
        RunningCryo ps = cryo("ps", "--json");
        assertThat(ps.exitCode()).isZero();
        return ps.out();
    }

    @Test
    void aKilledSupervisorTakesTheProxyWithItAndTheNextOneEndsTheRest() throws Exception {
        RunningCryo first = shell("echo $$; exec sleep 60");
        first.awaitOut("\n");
        long application = Long.parseLong(first.out().strip());
        while (!listed().contains("\"application\":{\"pid\":" + application)) {
            Thread.sleep(100);
        }
        List<ProcessHandle> proxies = first.process.children().filter(child -> child.pid() != application).toList();
        first.process.destroyForcibly().waitFor();
        for (ProcessHandle proxy : proxies) {
            proxy.onExit().get(20, java.util.concurrent.TimeUnit.SECONDS);
        }
        JsonNode lost = new ObjectMapper().readTree(listed()).get(0);
        assertThat(lost.get("phase").asText()).isEqualTo("lost");
        RunningCryo second = shell("exit 0");
        assertThat(second.exitCode()).isZero();
        assertThat(runs(application)).isFalse();
        assertThat(second.err()).contains("process " + application + " is left from an earlier supervisor");
    }

    private static boolean runs(long pid) {
        try {
            return !Files.readString(Path.of("/proc/" + pid + "/stat")).contains(") Z");
        } catch (IOException e) {
            return false; // It has ended, and its parent knows.
        }
    }

    @Test
    void theLossOfTheProxyIsReported() throws Exception {
        RunningCryo job = shell("echo ready; read line; exit 3");
        job.awaitOut("ready");
        long end = System.nanoTime() + 20_000_000_000L;
        while (job.process.children().count() < 2 && System.nanoTime() < end) {
            Thread.sleep(20);
        }
        job.process.children()
                .filter(child -> child.info().commandLine().orElse("").contains("ProxyMain"))
                .forEach(ProcessHandle::destroyForcibly);
        job.awaitErr("the proxy is gone (killed by signal 9); the application's CUDA calls fail from now on");
        job.write("go on\n");
        assertThat(job.exitCode()).isEqualTo(3);
    }

    @Test
    void anApplicationOfAnOlderJavaIsNamed() throws Exception {
        Path old = Files.createDirectories(home.resolve("jdk-17/bin")).resolve("java");
        Files.writeString(old, "#!/bin/sh\nexit 1\n");
        Files.setPosixFilePermissions(old, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(home.resolve("jdk-17/release"), "JAVA_VERSION=\"17.0.15\"\n");
        RunningCryo job = cryo("launch", "--host", "app", "--", old.toString(), "Main");
        assertThat(job.exitCode()).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(job.err()).contains("the application would run on Java 17 (" + old + "), and cryo needs Java 25");
    }
}
