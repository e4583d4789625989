package dev.cryo.benchmarks.bench;

import dev.cryo.benchmarks.job.CommandLine;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code cryo bench uvm}. */
@Command(
        name = "uvm",
        mixinStandardHelpOptions = true,
        description = {
            "Measure unified memory: fetches, faults, flushes, and three patterns in which device and host take turns.",
            "The patterns run by each policy of launch --unified-memory, alternating: the pages that are used, whole"
                    + " regions (as CRUM does), and everything eagerly. Takes about two minutes; use the machine for"
                    + " nothing else."
        })
final class UvmCommand implements Callable<Integer> {
    private static final int LEAST_RUNS = 3;
    private static final int LEAST_MIB = 32;
    private static final int MOST_MIB = 2047;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "5", description = "Runs of each policy, at least 3.")
    private int runs;

    @Option(names = "--mib", paramLabel = "N", defaultValue = "256", description = "Size of the region, 32 to 2047.")
    private int mib;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (runs < LEAST_RUNS || mib < LEAST_MIB || mib > MOST_MIB) {
            System.err.println("cryo: --runs must be 3 or more, --mib 32 to 2047");
            return picocli.CommandLine.ExitCode.USAGE;
        }
        try (Workplace place = Workplace.create(CommandLine.ofThisProcess())) {
            Thread cleaning = place.closeAtExit();
            UvmResult result = new Uvm(place, runs, mib, text -> System.err.println("cryo: " + text)).measure();
            System.out.println(json ? result.json() : result.text());
            Runtime.getRuntime().removeShutdownHook(cleaning);
            return 0;
        } catch (UnexpectedException e) {
            System.err.println("cryo: the measurement failed: " + e.getMessage());
            return picocli.CommandLine.ExitCode.SOFTWARE;
        }
    }
}
