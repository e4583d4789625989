package dev.cryo.proxy.cli;

import static dev.cryo.proxy.cli.Declarations.command;
import static dev.cryo.proxy.cli.Declarations.flag;
import static dev.cryo.proxy.cli.Declarations.option;
import static dev.cryo.proxy.cli.Declarations.parameters;

import dev.cryo.lower.nvidia.CaptureMethod;
import dev.cryo.proxy.store.Buckets;
import dev.cryo.proxy.supervisor.ImageSettings;
import dev.cryo.proxy.supervisor.JobException;
import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.proxy.supervisor.JobSettings;
import dev.cryo.proxy.supervisor.JobSettings.Device;
import dev.cryo.proxy.supervisor.JobSettings.Engine;
import dev.cryo.proxy.supervisor.JobSettings.Host;
import dev.cryo.proxy.supervisor.JobSettings.OnFailure;
import dev.cryo.proxy.supervisor.KeySource;
import dev.cryo.proxy.supervisor.Supervisor;
import dev.cryo.proxy.supervisor.Terminal;
import dev.cryo.uvm.Policy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code cryo launch}. */
final class LaunchCommand implements Callable<Integer> {
    private final Map<String, String> environment;
    private @Nullable String name;
    private Engine engine = Engine.SPLIT;
    private @Nullable Device device;
    private CaptureMethod capture = CaptureMethod.AUTO;
    private @Nullable Host host;
    private boolean inProcess;
    private @Nullable Duration interval;
    private OnFailure onFailure = OnFailure.STOP;
    private @Nullable Tcp tcp;
    private boolean portableCpu;
    private @Nullable Policy unifiedMemory;
    private int keep;
    private @Nullable String store;
    private @Nullable String sharesWith;
    private int writerThreads = 2;
    private final KeyOptions key = new KeyOptions();
    private boolean rawImages;
    private Duration timeout = Duration.ofMinutes(1);
    private boolean noLog;
    private List<String> command = List.of();

    private final CommandSpec spec = command(
                    this,
                    "launch",
                    "Run an application so that it can be checkpointed.",
                    "Its standard streams, exit status and signals pass through; but SIGTERM takes a checkpoint and"
                            + " then ends the job, SIGUSR1 takes one and lets it go on, and SIGQUIT is not passed on.")
            .add(option("--name", "NAME", String.class, value -> name = value,
                    "What the job is called from now on; by default after the application and this process."))
            .add(option("--engine", "<engine>", Engine.class, value -> engine = value,
                    "What saves the device: split, cryo itself, for applications on the JVM (default); driver,"
                            + " NVIDIA's driver from 570 on, for any program, left as it is."))
            .add(option("--device", "<device>", Device.class, value -> device = value,
                    "What executes CUDA: ptx, the processor (default); nvidia, a GPU."))
            .add(option("--capture", "WHERE", CaptureMethod.class, value -> capture = value,
                    "Where a GPU's memory is kept while an image is written: device, in spare memory of the GPU,"
                            + " which is fastest; pinned, in host memory; auto, on the device if there is room"
                            + " (default)."))
            .add(option("--host", "<host>", Host.class, value -> host = value,
                    "How host state is saved: criu, the whole process (default); app, by the application through"
                            + " org.crac."))
            .add(flag("--in-process", value -> inProcess = value,
                    "Hold the device in the application's JVM; needs --host app."))
            .add(option("--interval", "T", Duration.class, value -> interval = value,
                    "Take a checkpoint every T, such as 30s, 5m, 2h."))
            .add(option("--on-failure", "<onFailure>", OnFailure.class, value -> onFailure = value,
                    "When the application is killed or the proxy is lost: stop (default), or restart from the last"
                            + " image."))
            .add(option("--tcp", "<tcp>", Tcp.class, value -> tcp = value,
                    "close: a restarted application finds its TCP connections closed; without it, connections are"
                            + " refused at the checkpoint."))
            .add(flag("--portable-cpu", value -> portableCpu = value,
                    "Use no instructions that processors since 2013 may lack, so that images restart on them."))
            .add(option("--unified-memory", "WHAT", Policy.class, value -> unifiedMemory = value,
                    "What of unified memory is copied at a time: the pages that are used (default), where that is"
                            + " permitted; regions, whole; eager, everything that a kernel may use before and after"
                            + " it, which needs no page faults."))
            .add(option("--keep", "N", Integer.class, value -> keep = value,
                    "Keep the newest N images and remove older ones after each checkpoint; all by default."))
            .add(option("--store", "s3://BUCKET/PREFIX", String.class, value -> store = value,
                    "Also bring each image, once it is complete, to an S3-compatible store, in the background."
                            + " Endpoint, region and credentials: AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_ACCESS_KEY_ID"
                            + " and so on, which are kept from the application, or AWS's own files."))
            .add(option("--shares-with", "GROUP", String.class, value -> sharesWith = value,
                    "Store what the images of jobs with the same GROUP have in common once, such as of the ranks of"
                            + " one program. Each job's images stay whole without the others'."))
            .add(option("--writer-threads", "N", Integer.class, value -> writerThreads = value,
                    "How many threads work at an image beside the job, but for its first 256 MiB at a low priority:"
                            + " 1 to 64 (default 2)."))
            .addArgGroup(key.group())
            .add(flag("--raw-images", value -> rawImages = value,
                    "Compress nothing: images are larger, and their device memory can be mapped."))
            .add(option("--timeout", "T", Duration.class, value -> timeout = value,
                    "How long work may take to come to rest at a checkpoint (default 60s)."))
            .add(flag("--no-log", value -> noLog = value, "Keep no log; for measurements. No checkpoints then.")
                    .toBuilder()
                    .hidden(true)
                    .build())
            .add(parameters("-- COMMAND", value -> command = value, "The application, such as java -jar app.jar"));

    /** What becomes of TCP connections. */
    enum Tcp {
        CLOSE
    }

    LaunchCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws JobException, InterruptedException {
        if (keep < 0 || writerThreads < 1 || writerThreads > 64) {
            throw new ParameterException(
                    spec.commandLine(), "--keep takes 1 or more, or 0 for all; --writer-threads 1 to 64");
        }
        if (engine == Engine.DRIVER) {
            refuseWithDriver();
        }
        if (sharesWith != null) {
            JobFolder.checkGroup(sharesWith);
        }
        JobSettings settings = new JobSettings(
                command,
                forApplication(),
                Path.of("").toAbsolutePath().toString(),
                engine,
                device != null ? device : engine == Engine.DRIVER ? Device.NVIDIA : Device.PTX,
                capture,
                host != null ? host : Host.CRIU,
                inProcess,
                interval == null ? 0 : interval.toMillis(),
                onFailure,
                tcp == Tcp.CLOSE,
                !noLog,
                portableCpu,
                unifiedMemory != null ? unifiedMemory : Policy.PAGES,
                imageSettings(),
                timeout.toMillis());
        JobFolder folder = JobFolder.named(name == null ? defaultName() : name, environment);
        try (Supervisor supervisor = Supervisor.of(folder, environment, Terminal.ofProcess())) {
            return supervisor.launch(settings);
        }
    }

    private ImageSettings imageSettings() {
        KeySource source = key.chosen().orElse(KeySource.NONE);
        return new ImageSettings(writerThreads, !rawImages, keep, store, source, sharesWith);
    }

    /** What the application knows is in its images: credentials are not to be. */
    private Map<String, String> forApplication() {
        if (store == null) {
            return environment;
        }
        Map<String, String> reduced = new HashMap<>(environment);
        reduced.keySet().removeAll(Buckets.SECRETS);
        return reduced;
    }

    /** What is about a lower half or about CRIU's absence means nothing where the driver saves whole processes. */
    private void refuseWithDriver() throws JobException {
        Map<String, Boolean> meaningless = new LinkedHashMap<>();
        meaningless.put("--device", device != null);
        meaningless.put("--host app", host == Host.APP);
        meaningless.put("--in-process", inProcess);
        meaningless.put("--unified-memory", unifiedMemory != null);
        meaningless.put("--no-log", noLog);
        for (Map.Entry<String, Boolean> option : meaningless.entrySet()) {
            if (option.getValue()) {
                throw new JobException(
                        JobException.Kind.USAGE,
                        option.getKey() + " means nothing with --engine driver: there the driver saves what is on the"
                                + " GPU, and CRIU whole processes");
            }
        }
    }

    private String defaultName() {
        Path program = Path.of(command.getFirst()).getFileName();
        String stem = (program == null ? "job" : program.toString()).replaceAll("[^A-Za-z0-9]", "");
        return (stem.isEmpty() ? "job" : stem) + "-" + ProcessHandle.current().pid();
    }
}
