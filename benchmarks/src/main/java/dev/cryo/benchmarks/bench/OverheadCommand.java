package dev.cryo.benchmarks.bench;

import dev.cryo.benchmarks.job.CommandLine;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code cryo bench overhead}. */
@Command(
        name = "overhead",
        mixinStandardHelpOptions = true,
        description = {
            "Measure what a job costs more than the same application without cryo.",
            "The application with its device in-process and without a log stands for one without cryo. Takes a few"
                    + " minutes; use the machine for nothing else."
        })
final class OverheadCommand implements Callable<Integer> {
    private static final int LEAST_RUNS = 5;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "5", description = "Runs of each kind, at least 5.")
    private int runs;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "600", description = "Length of each training.")
    private int epochs;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (runs < LEAST_RUNS || epochs < 2) {
            System.err.println("cryo: --runs must be 5 or more, --epochs 2 or more");
            return picocli.CommandLine.ExitCode.USAGE;
        }
        try (Workplace place = Workplace.create(CommandLine.ofThisProcess())) {
            Thread cleaning = place.closeAtExit();
            OverheadResult result =
                    new Overhead(place, runs, epochs, text -> System.err.println("cryo: " + text)).measure();
            System.out.println(json ? result.json() : result.text());
            Runtime.getRuntime().removeShutdownHook(cleaning);
            return 0;
        } catch (UnexpectedException e) {
            System.err.println("cryo: the measurement failed: " + e.getMessage());
            return picocli.CommandLine.ExitCode.SOFTWARE;
        }
    }
}
