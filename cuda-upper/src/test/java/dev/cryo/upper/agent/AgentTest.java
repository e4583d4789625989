package dev.cryo.upper.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.upper.fake.AgentFolder;
import dev.cryo.upper.fake.Supervisor;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import jcuda.driver.JCudaDriver;
import org.crac.Core;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentTest {
    @TempDir
    static Path folder;

    private static Path agent = Path.of("");
    private static String classPath = "";

    @BeforeAll
    static void layOut() throws IOException {
        agent = AgentFolder.fill(folder);
        Path applications = Files.createDirectory(folder.resolve("applications"));
        Path from = AgentFolder.codeOf(AgentTest.class).resolve("dev/cryo/upper/apps");
        Path to = Files.createDirectories(applications.resolve("dev/cryo/upper/apps"));
        try (var files = Files.list(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        classPath = applications + ":" + AgentFolder.codeOf(JCudaDriver.class) + ":" + AgentFolder.codeOf(Core.class);
    }

    /** What a process said. */
    record Said(int status, List<String> out, String err) {}

    private static Said run(List<String> command) throws IOException, InterruptedException {
        Path err = Files.createTempFile(folder, "err", "");
        Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
        List<String> out;
        try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
            out = reader.lines().toList();
        }
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Said(process.exitValue(), out, Files.readString(err));
    }

    private static Said runApplication(String options, String main) throws IOException, InterruptedException {
        return run(AgentFolder.command(agent, options, classPath, "dev.cryo.upper.apps." + main));
    }

    @Test
    void runsAnApplicationThatKnowsNothingOfIt() throws Exception {
        Said said = runApplication("in-process,device=fake,-", "RoundTrip");
        assertThat(said.err())
                .isEqualTo("cryo: cuGraphCreate is not supported and was answered with CUDA_ERROR_NOT_SUPPORTED\n");
        assertThat(said.out())
                .containsExactly(
                        "driver true",
                        "runtime 2.0",
                        "buffers 990 20",
                        "launched",
                        "thrown CUDA_ERROR_INVALID_VALUE",
                        "graph CUDA_ERROR_NOT_SUPPORTED",
                        "loader false");
        assertThat(said.status()).isZero();
    }

    @Test
    void tracesCallsWhenTheApplicationAsksForIt() throws Exception {
        Said said = runApplication("in-process,device=fake,-", "Tracing");
        assertThat(said.out()).containsExactly("Executing cuInit", "Executing cuDeviceGetCount", "2", "quiet 2");
        assertThat(said.status()).isZero();
    }

    @Test
    void resourcesAreCalledAroundACheckpointOfTheApplicationsOwn() throws Exception {
        Path job = Files.createDirectory(folder.resolve("job"));
        try (Supervisor supervisor = new Supervisor(job.resolve("control.sock"))) {
            CompletableFuture<Said> running = CompletableFuture.supplyAsync(() -> {
                try {
                    return runApplication("in-process,device=fake," + job, "CracApplication");
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            ControlMessage.Hello hello = supervisor.accept();
            assertThat(hello.role()).isEqualTo(ControlMessage.Role.APPLICATION_IN_PROCESS);
            assertThat(hello.javaVersion()).isEqualTo(25);
            supervisor.write(new ControlMessage.Welcome(ControlMessage.Outcome.STARTED, new byte[0]));
            assertThat(supervisor.read()).isEqualTo(new ControlMessage.CheckpointWanted());
            assertThat(supervisor.ask(new ControlMessage.Gate(5000))).isInstanceOf(ControlMessage.Gated.class);
            assertThat(supervisor.ask(new ControlMessage.Resume())).isEqualTo(new ControlMessage.Running());
            assertThat(supervisor.read()).isEqualTo(new ControlMessage.CheckpointWanted());
            assertThat(supervisor.ask(new ControlMessage.Gate(5000))).isInstanceOf(ControlMessage.Failed.class);
            Said said = running.get(30, TimeUnit.SECONDS);
            assertThat(said.out())
                    .containsExactly(
                            "running",
                            "before second",
                            "before first",
                            "after first",
                            "after second",
                            "taken",
                            "before second",
                            "before first",
                            "after first",
                            "after second",
                            "refused second is busy",
                            "Noisy[name=first] Noisy[name=second]");
            assertThat(said.err()).isEmpty();
        }
    }

    @Test
    void withoutASupervisorThereAreNoCheckpoints() throws Exception {
        Said said = runApplication("in-process,device=fake,-", "CracApplication");
        assertThat(said.out()).startsWith("running", "refused the application runs without a supervisor");
    }

    @Test
    void classesThatTheApplicationBringsDoNotClashWithItsOwn() throws Exception {
        Path clashing = Files.createDirectory(folder.resolve("clashing"));
        for (String name : List.of(
                "dev.cryo.upper.cuda.Cuda",
                "dev.cryo.upper.agent.UpperHalf",
                "dev.cryo.streamlog.call.Call",
                "dev.cryo.upper.jcuda.Translator",
                "org.jspecify.annotations.Nullable")) {
            Path file = clashing.resolve(name.replace('.', '/') + ".class");
            Files.createDirectories(file.getParent());
            byte[] bytes = ClassFile.of()
                    .build(ClassDesc.of(name), builder -> builder.withFlags(ClassFile.ACC_PUBLIC));
            Files.write(file, bytes);
        }
        Said said = run(AgentFolder.command(
                agent, "in-process,device=fake,-", clashing + ":" + classPath, "dev.cryo.upper.apps.RoundTrip"));
        assertThat(said.out()).startsWith("driver true").endsWith("loader true");
        assertThat(said.status()).isZero();
    }

    @Test
    void jcudaMayComeByAClassLoaderOfTheApplications() throws Exception {
        Said said = run(AgentFolder.command(
                agent,
                "in-process,device=fake,-",
                folder.resolve("applications").toString(),
                "dev.cryo.upper.apps.OwnLoader",
                classPath));
        assertThat(said.err()).doesNotContain("Exception");
        assertThat(said.out()).startsWith("driver true", "runtime 2.0", "buffers 990 20", "launched");
        assertThat(said.status()).isZero();
    }

    @Test
    void anOlderJvmIsRefusedByItsVersion() throws Exception {
        Path java = olderJava().orElse(null);
        assumeTrue(java != null, "no JDK older than 25 in /usr/lib/jvm");
        List<String> command = new ArrayList<>(
                AgentFolder.command(agent, "in-process,device=fake,-", classPath, "dev.cryo.upper.apps.RoundTrip"));
        command.set(0, Objects.requireNonNull(java).toString());
        Said said = run(command);
        assertThat(said.status()).isEqualTo(126);
        assertThat(said.err())
                .startsWith("cryo: the application's JVM is Java ")
                .contains("and cryo needs Java 25: start the application with the java of a JDK 25");
        assertThat(said.out()).isEmpty();
    }

    private static Optional<Path> olderJava() throws IOException {
        try (Stream<Path> homes = Files.list(Path.of("/usr/lib/jvm"))) {
            return homes.filter(home -> home.getFileName().toString().matches(".*-(8|11|17|21)(-.*|$)"))
                    .map(home -> home.resolve("bin").resolve("java"))
                    .filter(Files::isExecutable)
                    .findFirst();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Test
    void wrongArgumentsAreNamed() throws Exception {
        assertThat(runApplication("", "RoundTrip").err())
                .isEqualTo("cryo: the agent could not start: the agent needs the job's folder as its argument; start "
                        + "applications by: cryo launch -- java ...\n");
        assertThat(runApplication("in-process,fast,-", "RoundTrip").err())
                .isEqualTo("cryo: the agent could not start: unknown option of the agent: fast\n");
        assertThat(runApplication("in-process,device=abacus,-", "RoundTrip").err())
                .startsWith("cryo: the agent could not start: no lower half for device abacus in ")
                .endsWith("; there are [fake]\n");
        Said said = runApplication(folder.resolve("nowhere").toString(), "RoundTrip");
        assertThat(said.err()).startsWith("cryo: the agent could not start: the supervisor cannot be reached at ");
        assertThat(said.status()).isEqualTo(126);
    }
}
