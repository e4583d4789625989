package dev.cryo.benchmarks.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Figures;
import dev.cryo.benchmarks.gpu.DeviceFacts;
import dev.cryo.benchmarks.job.UnexpectedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The whole measurement: the facts of the machine, then part after part, whatever becomes of those before. */
final class GpuBench {
    private static final Duration FACTS = Duration.ofSeconds(60);
    private static final Path DRIVER = Path.of("/proc/driver/nvidia/version");

    private final Starter starter;
    private final Set<PartName> chosen;
    private final Consumer<String> progress;

    GpuBench(Starter starter, Set<PartName> chosen, Consumer<String> progress) {
        this.starter = starter;
        this.chosen = chosen;
        this.progress = progress;
    }

    void measure(Figures figures, Budget budget) throws IOException, InterruptedException {
        Room room = new Room(starter.place().home(), facts(figures, budget), !starter.setup().nvidia());
        double weights = chosen.stream().mapToDouble(PartName::weight).sum();
        for (PartName name : chosen) {
            Budget share = budget.share(name.weight() / weights);
            weights -= name.weight();
            progress.accept("part " + name.key() + ", for " + share.left().toSeconds() + " s");
            measure(name, part(name, room), figures, share);
        }
    }

    private static void measure(PartName name, Part part, Figures figures, Budget budget)
            throws InterruptedException {
        long start = System.nanoTime();
        try {
            part.measure(figures, budget);
        } catch (Part.SkippedException e) {
            figures.skipped(name.key(), String.valueOf(e.getMessage()));
        } catch (IOException | UnexpectedException e) {
            figures.failed(name.key(), e);
        } catch (RuntimeException e) {
            e.printStackTrace();
            figures.failed(name.key(), e);
        }
        figures.put(name.key() + "_took_s", (System.nanoTime() - start) / 1e9, 1);
    }

    private Part part(PartName name, Room room) {
        return switch (name) {
            case OVERHEAD -> new OverheadPart(starter);
            case PAUSE -> new PausePart(starter, room);
            case THROUGHPUT -> new ThroughputPart(starter, room);
            case INCREMENTAL -> new IncrementalPart(starter, room);
            case DRIVER -> new DriverPart(starter);
        };
    }

    /** Puts what the machine is; the free bytes of the device. */
    private long facts(Figures figures, Budget budget) throws IOException, InterruptedException {
        Setup setup = starter.setup();
        figures.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        figures.put("plain_is", setup.nvidia() ? "JCuda without cryo" : "the device in-process, without a log");
        figures.put("host", setup.host());
        figures.put("processors", Runtime.getRuntime().availableProcessors());
        if (setup.nvidia() && Files.isReadable(DRIVER)) {
            figures.put("driver", Files.readAllLines(DRIVER, StandardCharsets.UTF_8).getFirst().strip());
        }
        try {
            JsonNode facts = starter.run(
                    setup.hasPlain() ? Way.PLAIN : Way.IN_PROCESS, budget.limit(FACTS), DeviceFacts.class);
            for (String name : List.of("name", "capability")) {
                figures.put("device_" + name, facts.path(name).asText());
            }
            figures.put("cuda", facts.path("cuda").asInt());
            figures.put("device_free_bytes", facts.path("free_bytes").asLong());
            return facts.path("free_bytes").asLong();
        } catch (UnexpectedException e) {
            figures.failed("device", e);
            return Long.MAX_VALUE;
        }
    }
}
