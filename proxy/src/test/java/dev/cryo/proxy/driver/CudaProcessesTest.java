package dev.cryo.proxy.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CudaProcessesTest {
    private static final Duration SOON = Duration.ofSeconds(5);

    private Process first;
    private Process second;
    private ScriptedDriver driver;

    @BeforeEach
    void startProcesses() throws IOException {
        first = new ProcessBuilder("sleep", "100").start();
        second = new ProcessBuilder("sleep", "100").start();
        driver = new ScriptedDriver()
                .with(first.pid(), ProcessState.RUNNING)
                .with(second.pid(), ProcessState.RUNNING);
    }

    @AfterEach
    void endProcesses() {
        first.destroyForcibly();
        second.destroyForcibly();
    }

    private CudaProcesses both() {
        return CudaProcesses.of(driver, List.of(first.pid(), second.pid()));
    }

    @Test
    void areThoseWhoseStateTheDriverTells() throws Exception {
        long own = ProcessHandle.current().pid();

        CudaProcesses found = CudaProcesses.among(driver, List.of(own, first.pid()));

        assertThat(found.pids()).containsExactly(first.pid());
        assertThat(found.description()).isEqualTo("process " + first.pid() + " (sleep) is running");
    }

    @Test
    void maybeAreNone() throws Exception {
        CudaProcesses none = CudaProcesses.among(new ScriptedDriver(), List.of(first.pid()));
        none.requireRunning();
        none.lock(SOON);
        none.checkpoint();
        none.resume(Map.of());
        assertThat(none.pids()).isEmpty();
        assertThat(none.description()).isEqualTo("no process uses CUDA");
    }

    @Test
    void goThroughTheStepsOneAfterTheOther() throws Exception {
        CudaProcesses both = both();
        both.requireRunning();
        both.lock(SOON);
        both.checkpoint();
        both.resume(Map.of());
        long a = first.pid();
        long b = second.pid();
        assertThat(driver.calls())
                .containsExactly(
                        "lock " + a, "lock " + b, "checkpoint " + a, "checkpoint " + b, "restore " + a, "restore " + b,
                        "unlock " + a, "unlock " + b);
        assertThat(driver.stateOf(a)).isEqualTo(ProcessState.RUNNING);
    }

    @ParameterizedTest
    @EnumSource(names = {"LOCKED", "CHECKPOINTED", "FAILED"})
    void areRefusedInAnotherStateThanRunning(ProcessState state) {
        driver.with(second.pid(), state);
        assertThatThrownBy(() -> both().requireRunning())
                .isInstanceOf(DriverException.class)
                .hasMessage("process " + second.pid() + " (sleep) is " + state.name().toLowerCase(java.util.Locale.ROOT)
                        + " already, by another tool or a checkpoint that failed");
        assertThat(driver.calls()).isEmpty();
    }

    @Test
    void resumeFromWhereverTheyAre() throws Exception {
        driver.with(first.pid(), ProcessState.CHECKPOINTED).with(second.pid(), ProcessState.LOCKED);
        both().resume(Map.of());
        assertThat(driver.calls())
                .containsExactly("restore " + first.pid(), "unlock " + first.pid(), "unlock " + second.pid());
    }

    @Test
    void resumeButForThoseThatCannot() {
        driver.with(first.pid(), ProcessState.FAILED).with(second.pid(), ProcessState.CHECKPOINTED);
        assertThatThrownBy(() -> both().resume(Map.of()))
                .isInstanceOf(DriverException.class)
                .hasMessage("process " + first.pid() + " (sleep) is failed: the driver cannot bring it back");
        assertThat(driver.stateOf(second.pid())).isEqualTo(ProcessState.RUNNING);
    }

    @Test
    void doNotWaitForOneThatHasEnded() throws Exception {
        driver.with(first.pid(), ProcessState.CHECKPOINTED).with(second.pid(), ProcessState.CHECKPOINTED);
        first.destroyForcibly().waitFor();
        both().resume(Map.of());
        assertThat(driver.calls()).containsExactly("restore " + second.pid(), "unlock " + second.pid());
    }
}
