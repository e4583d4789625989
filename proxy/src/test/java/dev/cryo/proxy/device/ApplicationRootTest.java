package dev.cryo.proxy.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cryo.proxy.host.ProcessState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Shells stand for a job's command, and a sleep that they start for the JVM; this process is the supervisor. */
class ApplicationRootTest {
    private static final long SUPERVISOR = ProcessHandle.current().pid();

    private final List<Process> started = new ArrayList<>();

    private Process start(String... command) throws Exception {
        Process process = new ProcessBuilder(command).start();
        started.add(process);
        return process;
    }

    @AfterEach
    void end() {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static ProcessHandle told(Process shell) throws Exception {
        return ProcessHandle.of(Long.parseLong(shell.inputReader().readLine())).orElseThrow();
    }

    @Test
    void aShellThatTheSupervisorHasStartedEndsWithItsJvm() throws Exception {
        Process shell = start("bash", "-c", "sleep 60 & echo $!; wait; :");
        ProcessHandle jvm = told(shell);

        ApplicationRoot root = ApplicationRoot.of(jvm, SUPERVISOR);
        root.kill();

        assertThat(root.process()).isEqualTo(shell.toHandle());
        shell.waitFor();
        while (!ProcessState.hasEnded(jvm.pid())) {
            Thread.sleep(5);
        }
    }

    @Test
    void aJvmWhoseOriginCannotBeToldEndsAlone() throws Exception {
        Process shell = start("bash", "-c", "(sleep 60 & echo $!)");
        ProcessHandle jvm = told(shell);
        shell.waitFor();
        try {
            assertThat(ApplicationRoot.of(jvm, SUPERVISOR)).isEqualTo(new ApplicationRoot(jvm));
        } finally {
            jvm.destroyForcibly();
        }
    }

    @Test
    void processOneOfANamespaceEndsWithItsJvm() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "a namespace needs root");
        Process unshare = start("unshare", "--pid", "--fork", "bash", "-c", "sleep 60 & echo ready; wait; :");
        assertThat(unshare.inputReader().readLine()).isEqualTo("ready");
        ProcessHandle shell = unshare.children().findFirst().orElseThrow();
        ProcessHandle jvm = shell.children().findFirst().orElseThrow();

        assertThat(ApplicationRoot.of(jvm, 0)).isEqualTo(new ApplicationRoot(shell));
    }
}
