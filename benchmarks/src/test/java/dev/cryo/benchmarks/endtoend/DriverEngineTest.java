package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Jobs of the driver's engine, whole, but for the driver: any program, under a stand-in for the CUDA driver. */
@NeedsCriu
class DriverEngineTest {
    private static final String JOB = "count";

    /** Waits for input that never comes: a shell that starts a program is two shells for a moment, both using CUDA. */
    private static final String COUNT = "i=0; while :; do echo $i; i=$((i+1)); read -rt 0.05; done";
    private static final int USAGE = 2;
    private static final int UNAVAILABLE = 69;
    private static final int FAILED = 70;

    private Path folder;
    private FakeCuda cuda;
    private Workplace place;

    @BeforeEach
    void createWorkplace() throws Exception {
        folder = Files.createTempDirectory("cryo-driver-");
        cuda = FakeCuda.in(folder);
        cuda.users("bash");
        place = Workplace.in(folder, cuda.under(Places.cryo()));
    }

    @AfterEach
    void closeWorkplace() throws Exception {
        place.close();
        assertThat(place.processes()).isEmpty();
    }

    private Child launch(String script, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of("--engine", "driver"));
        all.addAll(List.of(options));
        // By the folder's name in it the workplace knows the process as its own.
        return place.launch(JOB, all, List.of("bash", "-c", script + " # " + folder + "/"));
    }

    private static void awaitCount(Child counting, int number) throws Exception {
        counting.out().await(Integer.toString(number)::equals, "the number " + number, SOON);
    }

    /** Waits for a number that was not there yet. */
    private static void awaitMore(Child counting) throws Exception {
        awaitCount(counting, Integer.parseInt(counting.out().texts().getLast()) + 2);
    }

    @Test
    void anyProgramGoesOnFromItsImage() throws Exception {
        Child launched = launch(COUNT);
        awaitCount(launched, 10);
        Child checkpoint = place.run("checkpoint", JOB).succeed(SOON);
        assertThat(checkpoint.out().text()).startsWith("count@1 ");
        awaitMore(launched);
        assertThat(cuda.calls()).containsExactly("lock within some ms", "checkpoint", "restore", "unlock");
        Workplace.Parts parts = place.parts(JOB);
        assertThat(parts.proxy()).as("there is no proxy").isZero();
        assertThat(place.run("doctor", "--process", "" + parts.application()).succeed(SOON).out().texts().get(1))
                .matches(" *%1$d +[0-9]+  bash     running +%1$d".formatted(parts.application()));
        place.kill(JOB);
        assertThat(launched.exitCode(SOON)).isEqualTo(128 + 9);
        cuda.allElseIsCheckpointed();

        Child restarted = place.start("restart", JOB);

        assertGoesOn(10, launched, restarted);
        assertThat(cuda.calls()).containsExactly("restore", "unlock");
        assertThat(place.run("inspect", JOB).out().text())
                .contains("device    nvidia, by its driver")
                .contains("gpu       GPU-eea0d83f-ebcd-ac27-6b3e-bec2a19724e6 Fake One")
                .doesNotContain("to replay");
        assertThat(place.run("ps").out().text()).contains("nvidia, by its driver");
    }

    private static void awaitLine(Child restarted) throws Exception {
        try {
            restarted.out().await(line -> true, "a number", SOON);
        } catch (UnexpectedException e) {
            throw new AssertionError(restarted.printed(), e);
        }
    }

    /** Goes on from where it was at the checkpoint, which was when a number had been printed already. */
    private static void assertGoesOn(int printed, Child launched, Child restarted) throws Exception {
        awaitLine(restarted);
        int first = Integer.parseInt(restarted.out().texts().getFirst());
        int last = Integer.parseInt(launched.out().texts().getLast());
        assertThat(first).isBetween(printed + 1, last + 1);
        awaitMore(restarted);
    }

    @Test
    void aJvmBelowAShellIsSavedWithoutAnAgent() throws Exception {
        Path source = folder.resolve("Count.java");
        Files.writeString(source, """
                void main() throws Exception {
                    for (int i = 0; ; i++) {
                        System.out.println(i);
                        Thread.sleep(50);
                    }
                }
                """);
        cuda.users("java");
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Child launched = launch(java + " -Xmx256m " + source + "; echo ended");
        awaitCount(launched, 5);
        place.checkpoint(JOB);
        awaitMore(launched);
        place.kill(JOB);
        assertThat(launched.exitCode(SOON)).isNotZero();
        cuda.allElseIsCheckpointed();

        assertGoesOn(5, launched, place.start("restart", JOB));

        assertThat(cuda.calls())
                .containsExactly("lock within some ms", "checkpoint", "restore", "unlock", "restore", "unlock");
    }

    @Test
    void aProgramThatDoesNotUseTheGpuYetIsSavedToo() throws Exception {
        cuda.users("nobody");
        Child launched = launch(COUNT);
        awaitCount(launched, 5);
        place.checkpoint(JOB);
        place.kill(JOB);
        launched.exitCode(SOON);
        cuda.gpus();

        assertGoesOn(5, launched, place.start("restart", JOB));

        assertThat(cuda.calls()).isEmpty();
    }

    @Test
    void workThatDoesNotEndInTimeLeavesTheJobAsItWas() throws Exception {
        Child launched = launch(COUNT);
        awaitCount(launched, 3);
        cuda.fail("lock", 600, 1, FakeCuda.UNCHANGED);

        assertRefused(
                launched,
                "checkpoint failed while locking CUDA in the application: cuCheckpointProcessLock of process ",
                "answers CUDA_ERROR_NOT_READY (600): what it had submitted to the device did not end in time",
                "the application runs on");
        assertThat(cuda.calls()).containsExactly("lock within some ms");
        place.checkpoint(JOB);
    }

    @Test
    void whatTheDriverCannotCheckpointIsNamedAndTheJobRunsOn() throws Exception {
        Child launched = launch(COUNT);
        awaitCount(launched, 3);
        cuda.fail("checkpoint", 801, 1, FakeCuda.UNCHANGED);

        assertRefused(
                launched,
                "CUDA_ERROR_NOT_SUPPORTED (801): it uses what this driver cannot checkpoint: managed (unified) memory",
                "the application runs on");
        assertThat(cuda.calls()).containsExactly("lock within some ms", "checkpoint", "unlock");
        place.checkpoint(JOB);
    }

    @Test
    void whatCriuCannotDumpIsNamedAndTheDeviceIsGivenBack() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Child launched = launch("exec 3<>/dev/tcp/127.0.0.1/" + server.getLocalPort() + "; " + COUNT);
            awaitCount(launched, 3);

            assertRefused(
                    launched,
                    "a TCP connection from 127.0.0.1:",
                    "; close it before the checkpoint, or launch with --tcp close; the application runs on");

            assertThat(cuda.calls()).containsExactly("lock within some ms", "checkpoint", "restore", "unlock");
        }
    }

    private void assertRefused(Child launched, String... words) throws Exception {
        Child checkpoint = place.run("checkpoint", JOB);
        assertThat(checkpoint.exitCode(SOON)).isEqualTo(Places.NO_CHECKPOINT);
        for (String word : words) {
            assertThat(launched.err().await(word, SOON).text()).startsWith("cryo: ");
        }
        assertThat(place.image(JOB, 1)).doesNotExist();
        awaitMore(launched);
    }

    @Test
    void aDeviceThatIsNotGivenBackIsToldWithWhatToDo() throws Exception {
        Child launched = launch(COUNT);
        awaitCount(launched, 3);
        cuda.fail("restore", 2, 9, FakeCuda.UNCHANGED);

        assertThat(place.run("checkpoint", JOB).exitCode(SOON)).isEqualTo(Places.NO_CHECKPOINT);

        launched.err().await("and the application could not go on: cuCheckpointProcessRestore of process ", SOON);
        launched.err().await("the GPU has not enough free memory; end what else uses it", SOON);
        launched.err().await("`cryo stop count --no-checkpoint` ends it", SOON);
        assertThat(cuda.state(place.parts(JOB).application())).isEqualTo(FakeCuda.CHECKPOINTED);
        place.run("stop", JOB, "--no-checkpoint").succeed(SOON);
        launched.exitCode(SOON);
    }

    @Test
    void withOnFailureRestartAJobThatTheDriverHasLostComesBack() throws Exception {
        Child launched = launch(COUNT, "--on-failure", "restart");
        awaitCount(launched, 3);
        place.checkpoint(JOB);
        cuda.allElseIsCheckpointed();
        cuda.fail("checkpoint", 999, 1, FakeCuda.FAILED);
        cuda.calls();

        assertThat(place.run("checkpoint", JOB).exitCode(SOON)).isEqualTo(Places.NO_CHECKPOINT);

        launched.err().await("is failed: the driver cannot bring it back; the job goes back to its last image", SOON);
        launched.err().await("runs again from image 1", SOON);
        awaitMore(launched);
        assertThat(cuda.calls()).containsExactly("lock within some ms", "checkpoint", "restore", "unlock");
    }

    @Test
    void terminationCheckpointsAndThenEnds() throws Exception {
        Child launched = launch(COUNT);
        awaitCount(launched, 5);
        launched.signal("TERM");
        assertThat(launched.exitCode(SOON)).isEqualTo(128 + 15);
        assertThat(cuda.calls()).containsExactly("lock within some ms", "checkpoint");
        cuda.allElseIsCheckpointed();

        assertGoesOn(5, launched, place.start("restart", JOB));
    }

    @Test
    void anotherGpuTakesThePlaceOfTheOldOne() throws Exception {
        Child launched = saveAndKill();
        cuda.gpus("11111111111111111111111111111111 Fake Two", "22222222222222222222222222222222 Fake One");
        assertGoesOn(3, launched, place.start("restart", JOB));
        assertThat(cuda.calls()).containsExactly("restore ee=22", "unlock");
    }

    @Test
    void aRestartOnAGpuThatTheDriverDoesNotTakeSaysBoth() throws Exception {
        saveAndKill();
        cuda.gpus("11111111111111111111111111111111 Fake Two");
        cuda.fail("restore", 801, 1, FakeCuda.UNCHANGED);

        Child restarted = place.run("restart", JOB);

        assertThat(restarted.exitCode(SOON)).isEqualTo(FAILED);
        assertThat(restarted.err().text())
                .contains("the driver does not give the application its device back")
                .contains("CUDA_ERROR_NOT_SUPPORTED (801): the GPU is of another chip type")
                .contains("the application was on Fake One (GPU-eea0d83f-ebcd-ac27-6b3e-bec2a19724e6);"
                        + " here is Fake Two (GPU-11111111-1111-1111-1111-111111111111)");
        assertThat(place.processes()).as("nothing is left running").isEmpty();
    }

    @Test
    void withoutAGpuNothingIsStarted() throws Exception {
        saveAndKill();
        cuda.gpus();
        Child restarted = place.run("restart", JOB);
        assertThat(restarted.exitCode(SOON)).isEqualTo(UNAVAILABLE);
        assertThat(restarted.err().text()).contains("the application had Fake One", "and here is none");
        assertThat(cuda.calls()).isEmpty();
    }

    private Child saveAndKill() throws Exception {
        Child launched = launch(COUNT);
        awaitCount(launched, 3);
        place.checkpoint(JOB);
        place.kill(JOB);
        launched.exitCode(SOON);
        cuda.calls();
        cuda.allElseIsCheckpointed();
        return launched;
    }

    @Test
    void aDriverThatIsTooOldIsNamedBeforeTheApplicationStarts() throws Exception {
        cuda.version(12_040);
        Child launched = launch("echo started");
        assertThat(launched.exitCode(SOON)).isEqualTo(UNAVAILABLE);
        assertThat(launched.err().text())
                .contains("--engine driver cannot be used: the NVIDIA driver for CUDA 12.4 has no process checkpoint;"
                        + " driver 570 (CUDA 12.8) or newer has");
        assertThat(launched.out().texts()).isEmpty();
    }

    @Test
    void aDriverThatDoesNotStartIsNamed() throws Exception {
        cuda.fail("init", 100, 1, FakeCuda.UNCHANGED);
        Child launched = launch("echo started");
        assertThat(launched.exitCode(SOON)).isEqualTo(UNAVAILABLE);
        assertThat(launched.err().text()).contains("cuInit answers CUDA_ERROR_NO_DEVICE (100)", "nvidia-smi");
    }

    @Test
    void whatMeansNothingWithTheDriverIsRefusedByName() throws Exception {
        Map<String, String> named = Map.of(
                "--device=ptx", "--device",
                "--host=app", "--host app",
                "--in-process", "--in-process",
                "--unified-memory=eager", "--unified-memory",
                "--no-log", "--no-log");
        for (Map.Entry<String, String> option : named.entrySet()) {
            Child refused = launch("echo started", option.getKey());
            assertThat(refused.exitCode(SOON)).isEqualTo(USAGE);
            assertThat(refused.err().text())
                    .startsWith("cryo: " + option.getValue() + " means nothing with --engine driver: ");
            assertThat(refused.out().texts()).isEmpty();
        }
    }
}
