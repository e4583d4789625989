package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.proxy.host.ApplicationCommand.Place;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A program below a process 1 that only waits for it. */
@Tag("criu")
@Timeout(60)
class BelowProcessOneTest {
    /** Unlike SIGHUP, nobody starts tests with it ignored. */
    private static final int SIGUSR2 = 12;

    @TempDir
    Path folder;

    private final HostState host = DumpCase.usable();
    private StandardStreams streams;
    private BufferedReader out;
    private @Nullable ApplicationProcess started;

    @BeforeEach
    void open() throws IOException {
        streams = StandardStreams.create(folder.resolve("streams"));
        out = reader(streams.output());
    }

    private static BufferedReader reader(InputStream in) {
        return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    }

    @AfterEach
    void end() throws IOException {
        if (started != null) {
            started.kill();
        }
        streams.close();
    }

    private ApplicationProcess start(Map<String, String> environment, String script) throws HostStateException {
        started = ApplicationProcess.start(
                new ApplicationCommand(
                        List.of("bash", "-c", script), environment, folder, Place.BELOW_PROCESS_ONE),
                streams);
        return started;
    }

    private static ExitStatus end(ApplicationProcess process) throws Exception {
        return process.onExit().get(20, TimeUnit.SECONDS);
    }

    @Test
    void hasTheIdThatProcessOneHasOutside() throws Exception {
        ApplicationProcess process = start(Map.of(), "echo $$; readlink /proc/$$/ns/pid /proc/self/ns/pid; read line");
        assertThat(out.readLine()).isEqualTo(Integer.toString(process.pid()));
        assertThat(out.readLine()).as("its own namespace").isEqualTo(out.readLine());
        assertThat(process.programPid()).isNotEqualTo(process.pid());
        assertThat(Files.readString(Path.of("/proc/" + process.programPid() + "/comm"))).isEqualTo("bash\n");
        assertThat(process.isProcessOne()).isFalse();
    }

    @Test
    void getsItsStreamsAndItsWholeEnvironment() throws Exception {
        start(Map.of("FLAVOUR", "salt", "BASH_FUNC_twice%%", "() {  echo $1$1; }"),
                "read line; echo $line $FLAVOUR; twice ab; echo on error >&2; ls /proc/self/fd | wc -w");
        streams.input().write("in\n".getBytes(StandardCharsets.UTF_8));
        streams.input().flush();
        assertThat(out.readLine()).isEqualTo("in salt");
        assertThat(out.readLine()).isEqualTo("abab");
        assertThat(reader(streams.error()).readLine()).isEqualTo("on error");
        assertThat(out.readLine()).as("the three, and that of ls").isEqualTo("4");
    }

    @Test
    void passesItsExitCodeOn() throws Exception {
        assertThat(end(start(Map.of(), "exit 7"))).isEqualTo(new ExitStatus(7, 0));
    }

    @Test
    void diesOfSignalsAsAnyProcessDoes() throws Exception {
        assertThat(end(start(Map.of(), "kill -9 $$"))).isEqualTo(new ExitStatus(137, 9));
        ApplicationProcess process = start(Map.of(), "echo ready; sleep 100");
        assertThat(out.readLine()).isEqualTo("ready");
        process.signal(14);
        assertThat(end(process)).isEqualTo(new ExitStatus(128 + 14, 14));
        streams.applicationEnded();
        assertThat(reader(streams.error()).readLine()).as("no word of the shell").isNull();
    }

    @Test
    void isEndedWithEverythingBelow() throws Exception {
        ApplicationProcess process = start(Map.of(), "sleep 1000 & echo $!; wait");
        out.readLine();
        long sleep = ProcessHandle.of(process.programPid()).orElseThrow().children().findAny().orElseThrow().pid();
        process.kill();
        assertThat(end(process)).isEqualTo(new ExitStatus(137, 9));
        assertThat(ProcessHandle.of(sleep).map(ProcessHandle::isAlive).orElse(false)).isFalse();
    }

    @Test
    void isDumpedAndRestoredAsSuch() throws Exception {
        ApplicationProcess process = start(
                Map.of(), "trap 'echo got-usr2 $$' USR2; echo $$; i=0; while sleep 0.05; do i=$((i+1)); done");
        String own = out.readLine();
        Path image = folder.resolve("image");
        host.dump(process, streams, DumpRequest.into(image, folder.resolve("work")));
        process.signal(SIGUSR2);
        assertThat(out.readLine()).as("it runs on").isEqualTo("got-usr2 " + own);
        process.kill();
        end(process);
        streams.close();
        open();

        ApplicationProcess restored = host.restore(
                        HostImage.read(image), folder.resolve("work"), Duration.ofSeconds(30))
                .application();
        started = restored;

        restored.signal(SIGUSR2);
        assertThat(out.readLine()).isEqualTo("got-usr2 " + own);
        restored.signal(SignalNumbers.SIGKILL);
        assertThat(end(restored)).isEqualTo(new ExitStatus(137, 9));
    }
}
