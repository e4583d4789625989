package dev.cryo.benchmarks.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.benchmarks.job.Child;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The command {@code cryo bench gpu}, on the processor with small sizes. */
class GpuBenchTest extends InWorkplace {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final Duration LONG = Duration.ofSeconds(400);

    private Child bench(String... options) throws Exception {
        List<String> words = new ArrayList<>(List.of(
                "bench", "gpu", "--json", "--folder", place.home().toString(), "--gib", "0.015625"));
        words.addAll(List.of(options));
        return place.start(words.toArray(String[]::new));
    }

    private static JsonNode json(Child bench) throws Exception {
        return new ObjectMapper().readTree(bench.out().texts().getLast());
    }

    @Test
    @NeedsCriu
    void checkpointsAndRestartsAreMeasuredAndVerified() throws Exception {
        JsonNode json = json(bench("--device", "ptx", "--only", "throughput,d").succeed(LIMIT));

        assertThat(json.path("checkpoint_mib").asInt()).isEqualTo(16);
        assertThat(json.path("checkpoint_bytes").asLong()).isGreaterThan(16 << 20);
        assertThat(json.path("restore_verified").asBoolean()).isTrue();
        assertThat(json.path("restart_ms").asDouble()).isPositive();
        assertThat(json.path("ceiling_disk_write_gbps").asDouble()).isPositive();
        assertThat(json.path("incremental_changed_blocks").asInt()).isEqualTo(1);
        assertThat(json.path("incremental_bytes_ratio").asDouble()).isPositive();
        assertThat(json.has("overhead_took_s")).isFalse();
    }

    @Test
    @NeedsCriu
    @Tag("soak")
    void everythingIsMeasuredAndNothingIsLeft() throws Exception {
        Child bench = bench(
                "--device", "ptx", "--budget", "400", "--runs", "1", "--epochs", "20", "--stream-rounds", "5",
                "--launches", "500").succeed(LONG);

        JsonNode json = json(bench);
        for (String ratio : List.of(
                "overhead_trainer_proxy_ratio", "overhead_trainer_inprocess_ratio", "overhead_streams_proxy_ratio",
                "overhead_launch_inprocess_wall_ratio", "launch_ns_plain", "launch_ns_proxy", "launch_ns_inprocess",
                "pause_16m_default_ms", "pause_16m_app_ms", "naive_16m_ms", "pause_ratio_16m", "checkpoint_gbps",
                "restore_gbps", "restart_ms", "ceiling_d2d_gbps", "ceiling_disk_write_gbps", "own_trainer_pause_ms")) {
            assertThat(json.path(ratio).asDouble()).as(ratio).isPositive();
        }
        assertThat(json.path("overhead_trainer_results_equal").asBoolean()).isTrue();
        assertThat(json.path("restore_verified").asBoolean()).isTrue();
        assertThat(json.path("own_trainer_equal").asBoolean()).isTrue();
        assertThat(json.path("device_name").asText()).isEqualTo("cryo PTX device (CPU)");
        assertThat(bench.err().text()).contains("cryo: restore_verified true");
        assertThat(place.home()).isEmptyDirectory();
    }

    @Test
    void withoutCriuRestartsAreLeftOut() throws Exception {
        JsonNode json = json(bench("--device", "ptx", "--host", "app", "--only", "c").succeed(LIMIT));

        assertThat(json.path("checkpoint_gbps").asDouble()).isPositive();
        assertThat(json.path("restore_skipped").asText()).contains("begins anew");
        assertThat(json.has("restart_ms")).isFalse();
    }

    @Test
    void aPartThatFailsIsNamedAndTheFiguresArePrinted() throws Exception {
        Child bench = bench("--device", "ptx", "--host", "nobody", "--only", "b,d");

        assertThat(bench.exitCode(LIMIT)).isEqualTo(1);
        JsonNode json = json(bench);
        assertThat(json.path("naive_16m_ms").asDouble()).isPositive();
        assertThat(json.path("pause_16m_default_failed").asText()).contains("'--host'").contains("nobody");
        assertThat(json.path("incremental_failed").asText()).contains("'--host'");
    }

    @Test
    void withoutNativesThereIsNothingToCompareAGpuWith() throws Exception {
        Child bench = bench("--only", "overhead");

        bench.exitCode(LIMIT);
        assertThat(json(bench).path("overhead_skipped").asText()).contains("cryo.jcuda.natives");
    }

    @Test
    void aWrongPartIsNamed() throws Exception {
        Child bench = bench("--only", "z");

        assertThat(bench.exitCode(LIMIT)).isEqualTo(2);
        assertThat(bench.err().text()).contains("z is no part; there are a (overhead)");
    }
}
