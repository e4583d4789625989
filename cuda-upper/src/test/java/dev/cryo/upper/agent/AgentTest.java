package dev.cryo.upper.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.upper.fake.AgentFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
        Said said = runApplication("-,in-process,device=fake", "RoundTrip");
        assertThat(said.err())
                .isEqualTo("cryo: cuGraphCreate is not supported and was answered with CUDA_ERROR_NOT_SUPPORTED\n");
        assertThat(said.out())
                .containsExactly(
                        "driver true",
                        "runtime 2.0",
                        "launched",
                        "thrown CUDA_ERROR_INVALID_VALUE",
                        "graph CUDA_ERROR_NOT_SUPPORTED",
                        "loader false");
        assertThat(said.status()).isZero();
    }
}
