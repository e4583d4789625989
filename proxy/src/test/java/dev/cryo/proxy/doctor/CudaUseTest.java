package dev.cryo.proxy.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.proxy.driver.ProcessState;
import dev.cryo.proxy.driver.ScriptedDriver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CudaUseTest {
    @Test
    void isToldOfEveryProcessBelow() throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", "sleep 100; true").start();
        try {
            // For a moment the shell's child is a shell too.
            while (shell.children().noneMatch(child -> programOf(child).equals("sleep"))) {
                Thread.sleep(5);
            }
            long sleep = shell.children().findAny().orElseThrow().pid();
            ScriptedDriver driver = new ScriptedDriver().with(sleep, ProcessState.LOCKED);

            assertThat(CudaUse.of(driver, shell.pid()))
                    .containsExactly(
                            new CudaUse(shell.pid(), shell.pid(), "sh", "no state of " + shell.pid(), 0, List.of()),
                            new CudaUse(sleep, sleep, "sleep", "locked", Math.toIntExact(sleep + 1), List.of()));
        } finally {
            shell.descendants().forEach(ProcessHandle::destroyForcibly);
            shell.destroyForcibly();
        }
    }

    private static String programOf(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/comm")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void isRefusedForAProcessThatIsNotThere() {
        assertThatThrownBy(() -> CudaUse.of(new ScriptedDriver(), 1L << 30))
                .isInstanceOf(IOException.class)
                .hasMessage("there is no process 1073741824");
    }
}
