package dev.cryo.proxy.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import org.junit.jupiter.api.Test;

class ProcessStateTest {
    @Test
    void aZombieHasEndedAndItsParentHasNot() throws Exception {
        // The program that the shell becomes does not wait for the shell's children.
        Process parent = new ProcessBuilder("bash", "-c", "sleep 0 & echo $!; exec sleep 60").start();
        try (BufferedReader out = parent.inputReader()) {
            long child = Long.parseLong(out.readLine());
            while (!ProcessState.hasEnded(child)) {
                Thread.sleep(5);
            }
            assertThat(ProcessHandle.of(child)).as("the zombie").isPresent();
            assertThat(ProcessState.isEnding(child)).isTrue();
            assertThat(ProcessState.hasEnded(parent.pid())).isFalse();
            assertThat(ProcessState.isEnding(parent.pid())).isFalse();
        } finally {
            parent.destroyForcibly();
        }
    }

    @Test
    void aProcessThatIsGoneHasEnded() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        assertThat(ProcessState.hasEnded(process.pid())).isTrue();
        assertThat(ProcessState.tracer(process.pid())).isEmpty();
    }

    @Test
    void nobodyTracesThisProcess() {
        assertThat(ProcessState.tracer(ProcessHandle.current().pid())).isEmpty();
        assertThat(Criu.dumping(ProcessHandle.current().pid())).isEmpty();
    }
}
