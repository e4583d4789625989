package dev.cryo.benchmarks.bench.gpu;

import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Measurement;
import dev.cryo.benchmarks.bench.measure.Size;
import dev.cryo.proxy.host.Criu;
import dev.cryo.proxy.host.HostStateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cryo bench gpu}. */
@Command(
        name = "gpu",
        mixinStandardHelpOptions = true,
        description = {
            "Measure cryo on an NVIDIA GPU: what it costs applications, how long they stand still, how fast checkpoints"
                    + " and restarts are.",
            "Use the machine for nothing else. What was measured is told on standard error as it comes, and printed at"
                    + " the end even if something failed, which it names; the exit code tells too."
        })
public final class GpuCommand implements Callable<Integer> {
    /** Names the folder of JCuda's natives. */
    public static final String NATIVES = "cryo.jcuda.natives";

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Option(
            names = "--budget",
            paramLabel = "SECONDS",
            defaultValue = "240",
            description = "The time that it may take; what has no place in it is done less often or left out.")
    private int budget;

    @Option(
            names = "--only",
            paramLabel = "PARTS",
            defaultValue = "",
            description = "Some of a (overhead), b (pause), c (throughput), d (incremental), e (driver), between"
                    + " commas; all by default.")
    private String only = "";

    @Option(
            names = "--gib",
            paramLabel = "SIZES",
            defaultValue = "1,8,32",
            description = "GiB of device memory to save, between commas (${DEFAULT-VALUE}).")
    private String gib = "";

    @Option(names = "--runs", paramLabel = "N", defaultValue = "5", description = "Most runs of an application.")
    private int runs;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "3000", description = "Length of each training.")
    private int epochs;

    @Option(
            names = "--stream-rounds",
            paramLabel = "N",
            defaultValue = "4000",
            description = "Rounds of kernels and copies in 128 streams.")
    private int streamRounds;

    @Option(
            names = "--launches",
            paramLabel = "N",
            defaultValue = "1500000",
            description = "Launches of an empty kernel.")
    private int launches;

    @Option(
            names = "--folder",
            paramLabel = "FOLDER",
            description = "Where images go; a folder in it is made and removed. That for temporary files by default.")
    private @Nullable Path folder;

    @Option(names = "--python", paramLabel = "PROGRAM", defaultValue = "python3", description = "The one with torch.")
    private String python = "";

    @Option(names = "--device", defaultValue = "nvidia", hidden = true)
    private String device = "";

    @Option(names = "--host", hidden = true)
    private @Nullable String host;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Set<PartName> chosen;
        List<Size> sizes;
        try {
            chosen = PartName.parse(only);
            sizes = Arrays.stream(gib.split(",")).map(Size::ofGib).toList();
        } catch (IllegalArgumentException e) {
            System.err.println("cryo: " + e.getMessage());
            return ExitCode.USAGE;
        }
        if (budget < 1 || runs < 1 || epochs < 10 || streamRounds < 5 || launches < 10) {
            System.err.println("cryo: --budget and --runs must be 1 or more, --epochs and --launches 10 or more,"
                    + " --stream-rounds 5 or more");
            return ExitCode.USAGE;
        }
        return Measurement.run(
                spec,
                folder,
                json,
                (place, figures) -> new GpuBench(new Starter(place, setup(sizes)), chosen, Measurement::tell)
                        .measure(figures, Budget.of(Duration.ofSeconds(budget), System::nanoTime)));
    }

    private Setup setup(List<Size> sizes) {
        picocli.CommandLine launch = spec.root().subcommands().get("launch");
        Set<String> known = launch == null ? Set.of() : launch.getCommandSpec().optionsMap().keySet();
        String chosen = host == null ? hostState() : host;
        return new Setup(
                device, chosen, natives(), known, sizes, runs, epochs, streamRounds, launches, python);
    }

    /** CRIU where it can be used: without it there are figures all the same, but for restarts. */
    private static String hostState() {
        try {
            Criu.usable(System.getenv());
            return Setup.CRIU;
        } catch (HostStateException e) {
            Measurement.tell("host state is left to the applications (--host app): " + e.getMessage());
            return "app";
        }
    }

    /** The folder of JCuda's natives: the one that is named, or that of a kit; null if there is none. */
    private static @Nullable Path natives() {
        String dist = System.getProperty("cryo.dist", "");
        Path folder = Path.of(System.getProperty(NATIVES, dist + "/jcuda/lib")).toAbsolutePath();
        return Files.isDirectory(folder) ? folder : null;
    }
}
