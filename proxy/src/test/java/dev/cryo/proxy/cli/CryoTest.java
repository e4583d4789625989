package dev.cryo.proxy.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.lower.nvidia.CaptureMethod;
import dev.cryo.lower.nvidia.driver.LibCuda;
import dev.cryo.proxy.supervisor.ImageSettings;
import dev.cryo.proxy.supervisor.JobSettings;
import dev.cryo.uvm.Policy;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class CryoTest {
    @TempDir
    Path home;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = Cryo.commandLine(Map.of("CRYO_HOME", home.toString(), "PATH", "/usr/bin:/bin"), arguments);
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"launch", "checkpoint", "restart", "ps", "images", "inspect", "stop"})
    void everyCommandHasHelp(String command) {
        assertThat(run(command, "--help")).isZero();
        assertThat(out.toString()).contains("Usage: cryo " + command);
    }

    @ParameterizedTest
    @ValueSource(strings = {"launch", "checkpoint", "restart", "ps", "images", "inspect", "verify", "stop", "doctor"})
    void noCommandHasAnnotationsForPicocliToRead(String command) {
        CommandLine line = Cryo.commandLine(Map.of(), command);
        CommandSpec spec = line.getSubcommands().values().iterator().next().getCommandSpec();
        Class<?> type = spec.userObject().getClass();
        assertThat(type.getAnnotations()).isEmpty();
        assertThat(type.getDeclaredFields()).allSatisfy(field -> assertThat(field.getAnnotations()).isEmpty());
        assertThat(spec.mixins()).as("picocli's own options are annotated").isEmpty();
    }

    @Test
    void completionScriptsAreGenerated() {
        assertThat(run("generate-completion")).isZero();
        assertThat(out.toString()).contains("complete -F");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "launch", "launch --interval 5 -- java", "launch --interval 0s -- java",
            "launch --device gpu -- java", "checkpoint", "restart a@b", "nonsense"})
    void aWrongCommandLineExitsWith2(String line) {
        assertThat(run(line.isEmpty() ? new String[0] : line.split(" "))).isEqualTo(2);
        assertThat(err.toString()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"checkpoint none", "restart none", "restart none@3", "images none", "inspect none", "stop none"})
    void anUnknownJobIsNamed(String line) {
        assertThat(run(line.split(" "))).isEqualTo(ExitCodes.UNKNOWN);
        assertThat(err.toString()).isEqualTo("cryo: there is no job none\n");
    }

    @Test
    void aNameThatIsAPathIsRefused() {
        assertThat(run("images", "../other")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("\"../other\" is no name of a job");
    }

    @Test
    void withoutJobsTheListsSaySo() {
        assertThat(run("ps")).isZero();
        assertThat(out.toString()).isEqualTo("no jobs\n");
    }

    @Test
    void aJobThatCannotBeReadDoesNotHideTheOthers() throws IOException {
        JobSettings settings = new JobSettings(
                List.of("/bin/true"), Map.of(), "/", JobSettings.Engine.SPLIT, JobSettings.Device.PTX,
                CaptureMethod.AUTO, JobSettings.Host.APP, false, 0, JobSettings.OnFailure.STOP, false, true, false,
                Policy.PAGES, ImageSettings.ORDINARY, 1000);
        for (String name : List.of("broken", "sound", "torn")) {
            Files.createDirectories(home.resolve("jobs").resolve(name));
            Files.write(
                    home.resolve("jobs").resolve(name).resolve("job.json"),
                    new ObjectMapper().writeValueAsBytes(settings));
        }
        Files.writeString(home.resolve("jobs/broken/job.json"), "{\"command\": ");
        Files.writeString(home.resolve("jobs/broken/status.json"), "{\"phase\": \"RUNNING\", \"startedMillis\": 1}");
        Files.writeString(home.resolve("jobs/torn/status.json"), "{\"phase\": ");
        Files.writeString(home.resolve("jobs/sound/status.json"), "{\"phase\": \"RUNNING\", \"startedMillis\": 1}");

        assertThat(run("ps")).isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains("sound  lost", "torn   lost").doesNotContain("broken");
        assertThat(err.toString()).startsWith("cryo: job broken: cannot read ");
    }

    @Test
    void withoutJobsTheJsonIsAnEmptyArray() {
        assertThat(run("ps", "--json")).isZero();
        assertThat(out.toString()).isEqualTo("[]\n");
    }

    @Test
    void whatThisVersionCannotDoIsNamed() {
        refuses("--in-process", "--in-process needs --host app");
    }

    @Test
    void aGpuThatIsNotThereIsNamed() {
        assumeFalse(LibCuda.isThere(), "this machine has a CUDA driver");
        refuses("--device=nvidia", "--device nvidia cannot be used here: there is no CUDA driver (libcuda.so.1) on this"
                + " machine; `cryo doctor` says more, and --device ptx runs the kernels on the CPU");
    }

    private void refuses(String option, String message) {
        assertThat(run("launch", "--name", "j", option, "--", "/bin/true")).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(err.toString()).contains(message);
        assertThat(Files.exists(home.resolve("jobs/j/job.json"))).isFalse();
    }

    @Test
    void aProgramThatDoesNotExistIsNamed() {
        assertThat(run("launch", "--host", "app", "--", "no-such-program")).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(err.toString()).isEqualTo("cryo: there is no program no-such-program\n");
    }
}
