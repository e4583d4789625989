package dev.cryo.benchmarks.demo;

import dev.cryo.benchmarks.job.CommandLine;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.proxy.host.Criu;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.proxy.supervisor.JobSettings.Device;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code cryo demo}. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Show that a CUDA training job survives kill -9.",
            "Trains once, left alone. Trains again, checkpoints in the middle, kills application and proxy, restarts"
                    + " from the image. Ends with 0 only if both have the same weights to the last bit."
        })
public final class DemoCommand implements Callable<Integer> {
    private static final int DIFFERENT = 1;
    private static final int UNAVAILABLE = 69;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "40", description = "Length of the training.")
    private int epochs;

    @Option(
            names = "--device",
            defaultValue = "ptx",
            description = "What executes CUDA: ptx, the processor (default); nvidia, a GPU.")
    private Device device = Device.PTX;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (epochs < 12) {
            System.err.println("cryo: --epochs must be 12 or more, so that there is a middle");
            return picocli.CommandLine.ExitCode.USAGE;
        }
        try {
            Criu.usable(System.getenv());
        } catch (HostStateException e) {
            System.err.println("cryo: the demonstration cannot run: " + e.getMessage());
            System.err.println("cryo: It saves a JVM that does nothing for its own rescue, which takes CRIU and root:"
                    + " try `./cryo setup`, and `./cryo doctor` for the reasons. Without CRIU, cryo saves the device of"
                    + " applications that save their own state through org.crac: `./cryo launch --host app`.");
            return UNAVAILABLE;
        }
        long start = System.nanoTime();
        Progress progress = Progress.onStandardOutput();
        try (Workplace place = Workplace.create(CommandLine.ofThisProcess())) {
            Thread cleaning = place.closeAtExit();
            DemoResult result = new Demonstration(place, progress, device, epochs).run();
            System.out.println(result.table());
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            System.out.println(String.format(
                    Locale.ROOT, "%s (%d s)",
                    result.equal() ? "The weights are equal: nothing was lost." : "THE WEIGHTS DIFFER.",
                    took.toSeconds()));
            Runtime.getRuntime().removeShutdownHook(cleaning);
            return result.equal() ? 0 : DIFFERENT;
        } catch (UnexpectedException e) {
            progress.endLine();
            System.err.println("cryo: the demonstration failed: " + e.getMessage());
            return DIFFERENT;
        }
    }
}
