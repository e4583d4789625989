package dev.cryo.benchmarks.bench;

import dev.cryo.benchmarks.bench.gpu.GpuCommand;
import dev.cryo.benchmarks.bench.image.ImageCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code cryo bench}, which has a subcommand for each measurement. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measure what cryo costs on this machine.",
        subcommands = {OverheadCommand.class, UvmCommand.class, ImageCommand.class, GpuCommand.class})
public final class BenchCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "which one? " + String.join(", ", spec.subcommands().keySet()));
    }
}
