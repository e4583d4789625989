package dev.cryo.benchmarks.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.benchmarks.job.Workplace;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.function.Predicate;

/** A job's status file, read directly: for moments that {@code cryo ps} would come too late for. */
final class JobFile {
    private static final ObjectMapper JSON = new ObjectMapper();

    private JobFile() {}

    static JsonNode of(Workplace place, String job) throws IOException {
        return JSON.readTree(Files.readAllBytes(place.job(job).resolve("status.json")));
    }

    static JsonNode await(Workplace place, String job, Predicate<JsonNode> wanted, Duration limit) throws Exception {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            JsonNode status = of(place, job);
            if (wanted.test(status)) {
                return status;
            }
            assertThat(System.nanoTime()).as("the status in time, not " + status).isLessThan(end);
            Thread.sleep(2);
        }
    }
}
