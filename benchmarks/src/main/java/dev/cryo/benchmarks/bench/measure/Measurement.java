package dev.cryo.benchmarks.bench.measure;

import dev.cryo.benchmarks.job.CommandLine;
import dev.cryo.benchmarks.job.Workplace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;

/** The frame of a command that measures: its figures are printed whatever happens, and nothing is left. */
public final class Measurement {
    private Measurement() {}

    /** What is measured. */
    @FunctionalInterface
    public interface Work {
        /** Measures, in a workplace that is closed afterwards. */
        void measure(Workplace place, Figures figures) throws IOException, InterruptedException;
    }

    /** Tells the user something that is no figure. */
    public static void tell(String text) {
        System.err.println("cryo: " + text);
    }

    /**
     * Measures and prints the figures, the command among them.
     *
     * @param folder where a workplace is made; null for that of temporary files
     * @param json whether to print one JSON object as the last line
     * @return the exit code
     */
    public static int run(CommandSpec spec, @Nullable Path folder, boolean json, Work work)
            throws IOException, InterruptedException {
        Figures figures = new Figures(Measurement::tell);
        figures.put(
                "command",
                "cryo " + String.join(" ", spec.root().commandLine().getParseResult().originalArgs()));
        try (Workplace place = workplace(folder)) {
            Thread cleaning = place.closeAtExit();
            work.measure(place, figures);
            Runtime.getRuntime().removeShutdownHook(cleaning);
        } finally {
            System.out.println(json ? figures.json() : figures.text());
        }
        return figures.whole() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private static Workplace workplace(@Nullable Path folder) throws IOException {
        CommandLine cryo = CommandLine.ofThisProcess();
        return folder == null ? Workplace.create(cryo) : Workplace.in(Files.createTempDirectory(folder, "cryo-"), cryo);
    }
}
