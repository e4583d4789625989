package dev.cryo.benchmarks.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cryo.benchmarks.apps.UnifiedPatterns;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.uvm.Policy;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** What unified memory costs beside a proxy, by each policy in turn. For one thread. */
final class Uvm {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration RUN = Duration.ofSeconds(120);

    private final Workplace place;
    private final int runs;
    private final int mib;
    private final Consumer<String> progress;
    private int jobs;

    Uvm(Workplace place, int runs, int mib, Consumer<String> progress) {
        this.place = place;
        this.runs = runs;
        this.mib = mib;
        this.progress = progress;
    }

    UvmResult measure() throws IOException, UnexpectedException, InterruptedException {
        Map<Policy, List<JsonNode>> measured = new EnumMap<>(Policy.class);
        for (int run = 1; run <= runs; run++) {
            progress.accept("run " + run + " of " + runs);
            for (Policy policy : Policy.values()) {
                measured.computeIfAbsent(policy, any -> new ArrayList<>()).add(patterns(policy));
            }
        }
        Map<Policy, UvmResult.Patterns> patterns = new EnumMap<>(Policy.class);
        measured.forEach((policy, each) -> patterns.put(
                policy,
                new UvmResult.Patterns(
                        median(each, "sparse_ms"), median(each, "dense_ms"), median(each, "linked_ms"))));
        List<JsonNode> pages = measured.getOrDefault(Policy.PAGES, List.of());
        return new UvmResult(
                median(pages, "seq_fetch_gbps"),
                median(pages, "fault_us"),
                median(pages, "flush_gbps"),
                patterns,
                mib,
                runs);
    }

    private JsonNode patterns(Policy policy) throws IOException, UnexpectedException, InterruptedException {
        List<String> options = List.of("--unified-memory", policy.name().toLowerCase(Locale.ROOT));
        List<String> application = Applications.java(UnifiedPatterns.class, "--mib", Integer.toString(mib));
        return JSON.readTree(place.launch("uvm-" + ++jobs, options, application)
                .succeed(RUN)
                .out()
                .texts()
                .getLast());
    }

    private static double median(List<JsonNode> measured, String field) {
        return Median.of(measured.stream()
                .map(each -> each.path(field).asDouble(Double.NaN))
                .toList());
    }
}
