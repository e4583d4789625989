package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.command;
import static dev.cryo.proxy.cli.Declarations.flag;
import static dev.cryo.proxy.cli.Declarations.option;
import static dev.cryo.proxy.cli.Declarations.parameter;

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
import picocli.CommandLine.Model.CommandSpec;

/** {@code cryo restart}. */
final class RestartCommand implements Callable<Integer> {
    private final Map<String, String> environment;
    private JobRef job = JobRef.NONE;
    private @Nullable Duration interval;
    private @Nullable Device device;
    private @Nullable OnFailure onFailure;
    private boolean prefault;
    private final KeyOptions key = new KeyOptions();
    private @Nullable String store;

    private final CommandSpec spec = command(
                    this,
                    "restart",
                    "Bring a job back from an image and run it on, in the foreground as launch does.",
                    "The image is not changed: it can be restarted again. It is verified before anything is started,"
                            + " but for memory that is read when it is used: see --prefault.",
                    "Signals that come before the job runs are answered as soon as it does; a second SIGTERM gives the"
                            + " restart up.")
            .add(parameter("NAME[@IMAGE]", JobRef.class, value -> job = value,
                    "The job, and the image if not the newest."))
            .add(option("--interval", "T", Duration.class, value -> interval = value,
                    "Take a checkpoint every T; as launched by default."))
            .add(option("--device", "<device>", Device.class, value -> device = value,
                    "What executes CUDA from now on: ptx, the processor; nvidia, a GPU; as it was by default."))
            .add(option("--on-failure", "<onFailure>", OnFailure.class, value -> onFailure = value,
                    "stop or restart; as launched by default."))
            .add(flag("--prefault", value -> prefault = value,
                    "Read and verify all memory before anything is started.",
                    "Otherwise each part of the ptx device's memory and of an application's from 128 MiB on is read,"
                            + " and verified, when it is used first; with nvidia all is always read ahead."))
            .addArgGroup(key.group())
            .add(option("--store", "s3://BUCKET/PREFIX", String.class, value -> store = value,
                    "Fetch the image from this store, unless it is here, and bring new ones there; the job need not be"
                            + " known on this machine. By default images come from the job's folder and go where they"
                            + " went."));

    RestartCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    CommandSpec spec() {
        return spec;
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
