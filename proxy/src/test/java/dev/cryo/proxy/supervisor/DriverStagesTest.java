package dev.cryo.proxy.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.proxy.driver.ProcessState;
import dev.cryo.proxy.driver.ScriptedDriver;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.JobInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checkpoints by the driver, each of whose steps may fail. */
class DriverStagesTest {
    private static final long OWN_ID = 7;

    @TempDir
    Path folder;

    private final List<String> notes = new ArrayList<>();
    private Process process;
    private long pid;
    private ScriptedDriver driver;
    private FakeDump dump;

    /** Dumps only what has given up its device, as CRIU does. */
    private final class FakeDump implements HostDump {
        private @Nullable HostStateException failure;

        @Override
        public long estimate() {
            return driver.stateOf(pid) == ProcessState.CHECKPOINTED ? 5 << 20 : 1 << 20;
        }

        @Override
        public long availableBytes() {
            return 8 << 20;
        }

        @Override
        public void into(Path target) throws HostStateException {
            if (failure != null) {
                throw failure;
            }
            assertThat(driver.stateOf(pid)).isIn(ProcessState.CHECKPOINTED, null);
            try {
                Files.writeString(target.resolve("pages-1.img"), "heap and device memory");
            } catch (IOException e) {
                throw new HostStateException("fake", e);
            }
        }
    }

    @BeforeEach
    void startApplication() throws IOException {
        process = new ProcessBuilder("sleep", "100").start();
        pid = process.pid();
        driver = new ScriptedDriver().with(pid, ProcessState.RUNNING);
        driver.holding(1 << 20);
        dump = new FakeDump();
    }

    @AfterEach
    void endApplication() {
        process.destroyForcibly();
    }

    private Checkpoint checkpoint(boolean hold) {
        DriverStages.Application application = new DriverStages.Application() {
            @Override
            public List<Long> processes() {
                return List.of(ProcessHandle.current().pid(), pid);
            }

            @Override
            public long ownId(long of) {
                return of == pid ? OWN_ID : -1;
            }
        };
        JobInfo job = new JobInfo(
                "job", "0", JobInfo.Arrangement.PROXY, "nvidia", JobInfo.HostMode.CRIU, List.of("app"), List.of(), "/",
                List.of());
        return new Checkpoint(
                new DriverStages(
                        new DriverStages.Parts(driver, application, dump, notes::add), Duration.ofSeconds(5)),
                new Checkpoint.Target(store(), job, folder, ImageSettings.ORDINARY),
                hold);
    }

    private ImageStore store() {
        return ImageStore.in(folder.resolve("images"));
    }

    @Test
    void leaveAnImageThatSaysWhatARestartNeeds() throws Exception {
        Checkpoint.Report report = checkpoint(false).take();

        assertThat(report.pauseNanos()).isPositive().isLessThan(report.totalNanos());
        assertThat(driver.calls())
                .containsExactly("lock " + pid, "checkpoint " + pid, "restore " + pid, "unlock " + pid);
        try (ImageReader image = store().read(1)) {
            image.verifyAll((done, of) -> { });
            assertThat(new String(image.bytes("host/pages-1.img"), StandardCharsets.UTF_8))
                    .isEqualTo("heap and device memory");
            assertThat(image.manifest().sections()).hasSize(1);
            assertThat(ImagedProcesses.of(image.manifest().job()))
                    .isEqualTo(new ImagedProcesses(List.of(OWN_ID), driver.gpus()));
            assertThat(image.manifest().job().property(SplitStages.CAPTURED_BYTES)).contains("" + (4 << 20));
        }
        assertThat(notes).containsExactly("before the checkpoint: process " + pid + " (sleep) is running");
    }

    @Test
    void keepTheApplicationWithoutItsDeviceWhenTheJobEndsWithIt() throws Exception {
        Checkpoint checkpoint = checkpoint(true);
        checkpoint.take();
        assertThat(checkpoint.state()).isEqualTo(CheckpointState.HELD);
        assertThat(driver.stateOf(pid)).isEqualTo(ProcessState.CHECKPOINTED);
    }

    @Test
    void areJustADumpWhereNothingUsesCudaYet() throws Exception {
        driver = new ScriptedDriver();
        checkpoint(false).take();
        assertThat(driver.calls()).isEmpty();
        try (ImageReader image = store().read(1)) {
            assertThat(ImagedProcesses.of(image.manifest().job()).ownIds()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "lock, 600, RETRYABLE, locking CUDA in the application",
        "lock, 801, ABORTED_KEEPS_RUNNING, locking CUDA in the application",
        "checkpoint, 801, ABORTED_KEEPS_RUNNING, bringing device memory into the application's memory",
        "restore, 2, RETRYABLE, giving the application its device back",
        "unlock, 999, ABORTED_KEEPS_RUNNING, giving the application its device back",
    })
    void letTheApplicationGoOnWhenTheDriverRefusesOnce(String step, int code, String category, String doing) {
        driver.failing(step, code, 1);
        assertThatThrownBy(() -> checkpoint(false).take())
                .hasMessage("checkpoint failed while " + doing + ": " + step + " told to fail")
                .isInstanceOfSatisfying(CheckpointException.class, e ->
                        assertThat(e.category()).isEqualTo(CheckpointException.Category.valueOf(category)));
        assertRunsWithoutAnImage();
    }

    @Test
    void letTheApplicationGoOnWhenItCannotBeDumped() {
        dump.failure = new HostStateException("cannot", List.of("a socket; close it"));
        assertThatThrownBy(() -> checkpoint(false).take())
                .hasMessage("checkpoint failed while saving the application's processes: cannot: a socket; close it");
        assertThat(driver.calls()).endsWith("restore " + pid, "unlock " + pid);
        assertRunsWithoutAnImage();
    }

    @Test
    void letTheApplicationGoOnWhenTheJobShouldEndAndTheImageFails() throws Exception {
        Files.createDirectories(folder.resolve("images"));
        dump.failure = new HostStateException("cannot", List.of("x"));
        assertThatThrownBy(() -> checkpoint(true).take()).isInstanceOf(CheckpointException.class);
        assertRunsWithoutAnImage();
    }

    private void assertRunsWithoutAnImage() {
        assertThat(driver.stateOf(pid)).isEqualTo(ProcessState.RUNNING);
        assertThat(folder.resolve("images/1")).doesNotExist();
        assertThat(folder.resolve("images/1.partial")).doesNotExist();
    }

    @Test
    void areFatalWhenTheDeviceIsNotGivenBackTwice() {
        driver.failing("restore", 2, 2);
        assertThatThrownBy(() -> checkpoint(false).take())
                .hasMessageContaining("and the application could not go on: restore told to fail")
                .isInstanceOfSatisfying(CheckpointException.class, e ->
                        assertThat(e.category()).isEqualTo(CheckpointException.Category.FATAL));
        assertThat(notes).last().isEqualTo("after the failed checkpoint: process " + pid + " (sleep) is checkpointed");
    }

    @Test
    void areFatalWhenTheDriverHasLostTheProcess() {
        driver.failing("checkpoint", 999, ProcessState.FAILED);
        assertThatThrownBy(() -> checkpoint(false).take())
                .hasMessageEndingWith("process " + pid + " (sleep) is failed: the driver cannot bring it back");
    }

    @Test
    void doNotTouchAProcessWhoseDeviceMemoryHasNoRoomInTheHosts() {
        driver.holding(90_000_000);
        assertThatThrownBy(() -> checkpoint(false).take())
                .isInstanceOf(CheckpointException.NotSaved.class)
                .hasMessage("checkpoint failed while looking for the application's CUDA processes: the application has"
                        + " 90.0 MB of device memory, which the driver would bring into the host's, and that has only"
                        + " 8.4 MB available");
        assertThat(driver.calls()).isEmpty();
    }

    @Test
    void doNotTouchAProcessThatAnotherToolHasLocked() {
        driver.with(pid, ProcessState.LOCKED);
        assertThatThrownBy(() -> checkpoint(false).take())
                .isInstanceOf(CheckpointException.NotSaved.class)
                .hasMessageContaining("is locked already");
        assertThat(driver.calls()).isEmpty();
        assertThat(driver.stateOf(pid)).isEqualTo(ProcessState.LOCKED);
    }
}
