package dev.cryo.benchmarks.endtoend;

import static dev.cryo.benchmarks.endtoend.Places.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.benchmarks.job.Child;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The command {@code cryo bench image}, with small sizes. */
class ImageBenchTest extends InWorkplace {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @Test
    @NeedsCriu
    @Tag("soak")
    void everythingIsMeasuredAndNothingIsLeft() throws Exception {
        Child bench = place.start(
                        "bench", "image", "--json", "--runs", "1", "--gib", "0.25", "--small-gib", "0.0625", "--folder",
                        place.home().toString())
                .succeed(LIMIT);

        JsonNode json = new ObjectMapper().readTree(bench.out().texts().getLast());
        for (String name : List.of(
                "pause_forked_ms", "pause_synchronous_ms", "pause_ratio", "slowdown_ratio", "slowdown_rewriting_ratio",
                "writer_vs_dd", "incremental_bytes_ratio", "incremental_time_ratio", "pause_forked_criu_ms",
                "restart_64m_ms", "restart_256m_ms", "restart_256m_prefault_ms", "restart_ratio")) {
            assertThat(json.path(name).asDouble()).as(name).isPositive();
        }
        assertThat(json.path("restart_verified").asBoolean()).isTrue();
        assertThat(json.path("incremental_bytes_ratio").asDouble()).isLessThan(0.2);
        assertThat(place.home()).isEmptyDirectory();
    }

    @Test
    void sizesThatCannotBeComparedAreRefused() throws Exception {
        Child bench = place.start("bench", "image", "--gib", "0.25", "--small-gib", "0.25");

        assertThat(bench.exitCode(SOON)).isEqualTo(2);
        assertThat(bench.err().text()).contains("--small-gib less than --gib");
    }
}
