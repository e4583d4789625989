package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.RUN;
import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.benchmarks.gpu.Ceilings;
import dev.cryo.benchmarks.gpu.DeviceFacts;
import dev.cryo.benchmarks.gpu.EmptyKernels;
import dev.cryo.benchmarks.gpu.Holder;
import dev.cryo.benchmarks.gpu.NaiveCheckpoint;
import dev.cryo.benchmarks.gpu.SimpleStreams;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The applications that cryo bench gpu runs, on the processor. */
class GpuApplicationsTest extends InWorkplace {
    private static final String JOB = "gpu";
    private static final List<String> INSIDE = List.of("--host", "app", "--in-process");

    private JsonNode run(Class<?> program, String... arguments) throws Exception {
        Child child = place.launch(JOB, INSIDE, Applications.java(program, arguments)).succeed(RUN);
        return new ObjectMapper().readTree(child.out().texts().getLast());
    }

    @Test
    void emptyKernelsAreCounted() throws Exception {
        JsonNode result = run(EmptyKernels.class, "--launches", "3000");

        assertThat(result.path("launches").asInt()).isEqualTo(3000);
        assertThat(result.path("nanos").asLong()).isPositive();
        assertThat(result.path("launch_ns").asDouble()).isPositive();
    }

    @Test
    void allWordsOfAllStreamsAreCompared() throws Exception {
        JsonNode result = run(SimpleStreams.class, "--streams", "24", "--kib", "3", "--rounds", "11");

        assertThat(result.path("rounds").asInt()).isEqualTo(10);
        assertThat(result.path("checked_words").asInt()).isEqualTo(6 * 24 * 3 * 256);
        assertThat(result.path("nanos").asLong()).isPositive();
    }

    @Test
    void theNaiveCheckpointWritesAllBytesAndRemovesItsFile() throws Exception {
        Path file = place.home().resolve("naive");

        JsonNode result = run(NaiveCheckpoint.class, "--mib", "24", "--piece-mib", "2", "--file", file.toString());

        assertThat(result.path("bytes").asLong()).isEqualTo(24L << 20);
        assertThat(result.path("nanos").asLong())
                .isEqualTo(result.path("copy_nanos").asLong() + result.path("write_nanos").asLong()
                        + result.path("sync_nanos").asLong());
        assertThat(file).doesNotExist();
    }

    @Test
    void everyCeilingIsARate() throws Exception {
        Path file = place.home().resolve("ceilings");

        JsonNode result = run(
                Ceilings.class, "--mib", "16", "--host-mib", "8", "--rounds", "2", "--file", file.toString(),
                "--file-mib", "32");

        for (String name : List.of("d2d_gbps", "h2d_gbps", "d2h_gbps", "disk_write_gbps", "disk_read_gbps")) {
            assertThat(result.path(name).asDouble()).as(name).isPositive();
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void theFactsAreThoseOfTheDevice() throws Exception {
        JsonNode result = run(DeviceFacts.class);

        assertThat(result.path("name").asText()).isEqualTo("cryo PTX device (CPU)");
        assertThat(result.path("capability").asText()).isEqualTo("7.5");
        assertThat(result.path("free_bytes").asLong()).isPositive();
    }

    @Test
    @NeedsCriu
    void heldMemoryIsTheSameAfterARestart() throws Exception {
        Child launched = place.launch(
                JOB, List.of(), Applications.java(Holder.class, "--mib", "32", "--stride", "5", "--round-ms", "5"));
        launched.out().await("ready 4", SOON);
        launched.out().await("round 16", SOON);
        place.checkpoint(JOB);
        launched.write("verify\n");
        launched.out().await("verified ", SOON);
        place.kill(JOB);
        assertThat(launched.exitCode(SOON)).isNotZero();

        Child restarted = place.start("restart", JOB);
        restarted.out().await("round ", SOON);
        restarted.write("end\n");

        restarted.succeed(RUN);
        assertThat(restarted.out().texts().getLast()).startsWith("verified ");
    }

    @Test
    void aSizeThatHasNoWholeBlocksIsRefused() throws Exception {
        Child child = place.launch(JOB, INSIDE, Applications.java(Holder.class, "--mib", "24"));

        assertThat(child.exitCode(RUN)).isEqualTo(1);
        assertThat(child.err().text())
                .contains("FAILED: 25165824 bytes are not 8 allocations of whole blocks of 2097152");
        assertThat(Files.exists(place.job(JOB))).isTrue();
    }
}
