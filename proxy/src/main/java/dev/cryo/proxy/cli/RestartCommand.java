package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.proxy.supervisor.JobSettings;
import dev.cryo.proxy.supervisor.JobSettings.Device;
import dev.cryo.proxy.supervisor.JobSettings.OnFailure;
import dev.cryo.proxy.supervisor.Supervisor;
import dev.cryo.proxy.supervisor.Terminal;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cryo restart}. */
@Command(
        name = "restart",
        mixinStandardHelpOptions = true,
        description = {
            "Bring a job back from an image and run it on, in the foreground as launch does.",
            "The image is not changed: it can be restarted again. It is verified before anything is started, but for"
                    + " memory that is read when it is used: see --prefault.",
            "Signals that come before the job runs are answered as soon as it does; a second SIGTERM gives the restart"
                    + " up."
        })
final class RestartCommand implements Callable<Integer> {
    private final Map<String, String> environment;

    @Parameters(
            paramLabel = "NAME[@IMAGE]",
            converter = JobRef.Converter.class,
            description = "The job, and the image if not the newest.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private JobRef job;

    @Option(
            names = "--interval",
            paramLabel = "T",
            converter = Durations.class,
            description = "Take a checkpoint every T; as launched by default.")
    private @Nullable Duration interval;

    @Option(
            names = "--device",
            description = "What executes CUDA from now on: ptx, the processor; nvidia, a GPU; as it was by default.")
    private @Nullable Device device;

    @Option(names = "--on-failure", description = "stop or restart; as launched by default.")
    private @Nullable OnFailure onFailure;

    @Option(
            names = "--prefault",
            description = {
                "Read and verify all memory before anything is started.",
                "Otherwise each part of the ptx device's memory and of an application's from 128 MiB on is read, and"
                        + " verified, when it is used first; with nvidia all is always read ahead."
            })
    private boolean prefault;

    @Mixin
    private KeyOptions key = new KeyOptions();

    @Option(
            names = "--store",
            paramLabel = "s3://BUCKET/PREFIX",
            description = "Fetch the image from this store, unless it is here, and bring new ones there; the job need"
                    + " not be known on this machine. By default images come from the job's folder and go where they"
                    + " went.")
    private @Nullable String store;

    RestartCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws JobException, InterruptedException {
        JobFolder folder = store == null ? job.folder(environment) : JobFolder.named(job.job(), environment);
        try (Supervisor supervisor = Supervisor.of(folder, environment, Terminal.ofProcess())) {
            OptionalLong image = store == null
                    ? job.image()
                    : OptionalLong.of(supervisor.fetch(store, job.image(), key.chosen()));
            return supervisor.restart(image, this::override, key.chosen(), prefault);
        }
    }

    private JobSettings override(JobSettings launched) {
        JobSettings there = store == null ? launched : launched.withStore(store);
        return there.with(
                device == null ? launched.device() : device,
                interval == null ? launched.intervalMillis() : interval.toMillis(),
                onFailure == null ? launched.onFailure() : onFailure);
    }
}
