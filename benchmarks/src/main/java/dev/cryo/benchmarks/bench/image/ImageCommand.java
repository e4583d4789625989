package dev.cryo.benchmarks.bench.image;

import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Measurement;
import dev.cryo.benchmarks.bench.measure.Size;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cryo bench image}. */
@Command(
        name = "image",
        mixinStandardHelpOptions = true,
        description = {
            "Measure what a checkpoint costs a job on the PTX device, and what a restart takes.",
            "A synthetic job holds device memory in which no compressor finds anything, and changes it all the time."
                    + " Takes about five minutes; use the machine for nothing else."
        })
public final class ImageCommand implements Callable<Integer> {
    private static final Duration MOST = Duration.ofMinutes(30);

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "3", description = "How often each is measured.")
    private int runs;

    @Option(
            names = "--gib",
            paramLabel = "SIZE",
            defaultValue = "2",
            description = "GiB of device memory (${DEFAULT-VALUE}).")
    private String gib = "";

    @Option(
            names = "--small-gib",
            paramLabel = "SIZE",
            defaultValue = "0.25",
            description = "GiB of the job whose restart is compared with that of the large one (${DEFAULT-VALUE}).")
    private String smallGib = "";

    @Option(
            names = "--folder",
            paramLabel = "FOLDER",
            description = "Where images go; a folder in it is made and removed. That for temporary files by default.")
    private @Nullable Path folder;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Size large;
        Size small;
        try {
            large = Size.ofGib(gib);
            small = Size.ofGib(smallGib);
        } catch (IllegalArgumentException e) {
            System.err.println("cryo: " + e.getMessage());
            return ExitCode.USAGE;
        }
        if (runs < 1 || small.compareTo(large) >= 0) {
            System.err.println("cryo: --runs must be 1 or more, and --small-gib less than --gib");
            return ExitCode.USAGE;
        }
        return Measurement.run(spec, folder, json, (place, figures) -> {
            figures.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
            figures.put("processors", Runtime.getRuntime().availableProcessors());
            new ImageBench(place, Budget.of(MOST, System::nanoTime), figures, runs).measure(small, large);
        });
    }
}
