package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.proxy.host.ProcessState;
import dev.cryo.proxy.supervisor.JobStatus.Phase;
import dev.cryo.proxy.supervisor.JobStatus.Running;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a supervisor leaves that is killed while CRIU restores: processes that its status does not name. */
class LeftoversTest {
    private static final Running NOBODY = new Running(ProcessHandle.current().pid(), 1);

    private static final String OPEN = "mkfifo $0; exec 5<>$0; ";

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final List<Process> started = new ArrayList<>();

    @TempDir
    private Path home;

    private JobFolder folder;
    private Process criu;
    private Process restored;
    private Process ofAnother;

    @BeforeEach
    void startProcesses() throws Exception {
        folder = JobFolder.named("job", Map.of("CRYO_HOME", home.toString()));
        folder.create();
        JobFolder another = JobFolder.named("job2", Map.of("CRYO_HOME", home.toString()));
        another.create();
        Path work = Files.createDirectory(folder.path().resolve("criu"));
        criu = start("", "criu", "--work-dir", work.toString(), "restore");
        restored = start(OPEN, folder.path().resolve("stdout").toString());
        ofAnother = start(OPEN, another.path().resolve("stdout").toString());
    }

    /** A shell that waits for the end of its input, to be found by its arguments or by the pipe that it has opened. */
    private Process start(String before, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("bash", "-c", before + "echo ready; read -r line"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).start();
        started.add(process);
        assertThat(process.inputReader().readLine()).isEqualTo("ready");
        return process;
    }

    @AfterEach
    void end() {
        started.forEach(Process::destroyForcibly);
    }

    private void endLeftovers(Phase phase, Running supervisor) throws Exception {
        endLeftovers(folder, phase, supervisor);
    }

    private void endLeftovers(JobFolder folder, Phase phase, Running supervisor) throws Exception {
        folder.write(new JobStatus(phase, 1, supervisor, null, null, null, null, null, null));
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        Leftovers.end(folder, new Messages(out, folder.logFile()));
    }

    @Test
    void areEndedAndNamed() throws Exception {
        endLeftovers(Phase.RESTARTING, NOBODY);

        assertThat(List.of(criu.pid(), restored.pid())).allMatch(ProcessState::hasEnded);
        assertThat(ProcessState.hasEnded(ofAnother.pid())).isFalse();
        assertThat(said.toString(StandardCharsets.UTF_8).lines()).containsExactlyInAnyOrder(
                "cryo: process " + criu.pid() + " is left from an earlier supervisor of this job: ended",
                "cryo: process " + restored.pid() + " is left from an earlier supervisor of this job: ended");
    }

    @Test
    void areFoundThroughALink() throws Exception {
        Path link = Files.createSymbolicLink(home.resolve("link"), home);

        endLeftovers(JobFolder.named("job", Map.of("CRYO_HOME", link.toString())), Phase.RESTARTING, NOBODY);

        assertThat(List.of(criu.pid(), restored.pid())).allMatch(ProcessState::hasEnded);
        assertThat(ProcessState.hasEnded(ofAnother.pid())).isFalse();
    }

    @Test
    void ofAJobThatHasEndedInGoodOrderAreNotLookedFor() throws Exception {
        endLeftovers(Phase.ENDED, NOBODY);

        assertThat(List.of(criu.pid(), restored.pid())).noneMatch(ProcessState::hasEnded);
        assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
    }
}
