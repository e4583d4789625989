package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.control.ControlServer;
import dev.cryo.proxy.driver.DriverException;
import dev.cryo.proxy.driver.LibCudaCheckpoints;
import dev.cryo.proxy.driver.ProcessCheckpoints;
import dev.cryo.proxy.host.Criu;
import dev.cryo.proxy.host.HostState;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.proxy.store.RemoteImages;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.proxy.supervisor.JobSettings.Device;
import dev.cryo.proxy.supervisor.JobSettings.Engine;
import dev.cryo.proxy.supervisor.JobSettings.Host;
import dev.cryo.proxy.supervisor.Restart.Loading;
import dev.cryo.streamlog.image.ImageKey;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.KeyUnavailableException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The right to run one job in the foreground, from its launch or restart to its end. For one thread and one run; what
 * it starts has ended when its method returns.
 */
public final class Supervisor implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Supervisor.class.getName());

    private final JobFolder folder;
    private final Map<String, String> environment;
    private final Terminal terminal;
    private final JobLock lock;
    private final Messages messages;
    private Optional<Mirror> mirror = Optional.empty();

    private Supervisor(
            JobFolder folder, Map<String, String> environment, Terminal terminal, JobLock lock, Messages messages) {
        this.folder = folder;
        this.environment = environment;
        this.terminal = terminal;
        this.lock = lock;
        this.messages = messages;
    }

    /**
     * Begins to make ready, in threads of their own, what a supervisor needs soon: in a JVM that begins that takes it
     * two tenths of a second, in which the command line can be read.
     */
    public static void rehearse() {
        rehearse("cryo-files", JobFolder::rehearse);
        rehearse("cryo-server", ControlServer::rehearse);
    }

    private static void rehearse(String name, Rehearsed part) {
        Thread.ofPlatform().name(name).daemon().start(() -> {
            try {
                part.rehearse();
            } catch (IOException | RuntimeException | Error e) {
                // Who needs it will meet the same, and tell the user.
                LOG.log(System.Logger.Level.DEBUG, "not made ready: " + name, e);
            }
        });
    }

    /** What is made ready. */
    @FunctionalInterface
    private interface Rehearsed {
        void rehearse() throws IOException;
    }

    /**
     * Becomes the supervisor of a job, whose folder is created if there is none, and ends what an earlier supervisor
     * that was killed has left.
     *
     * @param environment of this process
     * @throws JobException if the job has a supervisor
     */
    public static Supervisor of(JobFolder folder, Map<String, String> environment, Terminal terminal)
            throws JobException {
        try {
            folder.create();
            JobLock lock = JobLock.take(folder);
            try {
                Messages messages = new Messages(terminal.messages(), folder.logFile());
                Leftovers.end(folder, messages);
                return new Supervisor(folder, environment, terminal, lock, messages);
            } catch (IOException | JobException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new JobException(Kind.FAILED, "cannot use the folder " + folder.path() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Launches the job and returns when it has ended.
     *
     * @return the application's exit status; 128 and the number of the signal that ended it
     * @throws JobException if it cannot be launched; nothing is left running then
     */
    public int launch(JobSettings settings) throws JobException, InterruptedException {
        requireSupported(settings);
        if (settings.images().sharesWith() != null) {
            folder.requireLinks();
        }
        JavaCommand.requireNewEnough(settings, Path.of(System.getProperty("java.home"), "bin", "java"));
        Optional<HostState> host = hostState(settings.host());
        Site site = site(settings, settings.images().key().keys(), true);
        try {
            folder.write(settings);
        } catch (IOException e) {
            throw new JobException(Kind.FAILED, "cannot write to " + folder.path() + ": " + e.getMessage(), e);
        }
        tellOfOlderImages();
        if (settings.engine() == Engine.SPLIT && !JavaCommand.isJava(settings.command())) {
            messages.say(settings.command().getFirst() + " is not java itself: the JVM that it starts, which must be"
                    + " Java " + JavaCommand.NEEDED + " or newer, is told of the agent by "
                    + JavaCommand.OPTIONS_VARIABLE);
        }
        return new Supervision(site, () -> host, loading(settings, false)).launch();
    }

    private void tellOfOlderImages() throws JobException {
        try {
            List<Long> older = folder.images().numbers();
            if (!older.isEmpty()) {
                messages.say("job " + folder.name() + " has images " + older + " of an earlier launch; until this one"
                        + " has an image of its own, `cryo restart` brings the earlier one back");
            }
        } catch (IOException e) {
            throw new JobException(
                    Kind.FAILED, "cannot read the images of " + folder.name() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Restarts the job from an image and returns when it has ended.
     *
     * @param number the image; the newest if none is given
     * @param overrides changes what the image says of how the job was launched
     * @param key where the image's key comes from; empty for where the job has it from
     * @param prefault whether all memory is read and verified before anything is started, also where it could be read
     *     when it is used
     * @return as {@link #launch}
     * @throws JobException if there is no such image, or it cannot be used; nothing is left running then
     */
    public int restart(
            OptionalLong number, UnaryOperator<JobSettings> overrides, Optional<KeySource> key, boolean prefault)
            throws JobException, InterruptedException {
        KeySource source = source(key);
        ImageKeys keys = source.keys();
        ImageStore images = folder.images(keys);
        try (ImageReader image = Restart.open(folder, images, number.isPresent() ? number.getAsLong() : newest())) {
            requireSealedAlike(image, source);
            JobSettings settings =
                    overrides.apply(ImagedJob.settings(image.manifest().job())).with(source);
            Loading loading = loading(settings, prefault);
            requireSupported(settings);
            try (Unpacking unpacking = Unpacking.begin(folder, image, loading);
                    Aside<Optional<HostState>, JobException> host =
                            Aside.begin("cryo-host", () -> hostState(settings.host()))) {
                Site site = site(settings, keys, false);
                return new Supervision(site, host::get, loading).restart(unpacking);
            }
        } catch (IOException e) {
            throw new JobException(Kind.FAILED, "job " + folder.name() + " cannot be restarted: " + e.getMessage(), e);
        }
    }

    /** What a later image has of an earlier one must be encrypted if it is. */
    private void requireSealedAlike(ImageReader image, KeySource source) throws JobException {
        if (source.isPresent() && image.key().isEmpty()) {
            throw new JobException(
                    Kind.USAGE,
                    "image " + image.manifest().number() + " of job " + folder.name() + " is not encrypted, and there"
                            + " is a key (" + source + "): what is restarted from it would not be either; --no-key"
                            + " restarts it all the same");
        }
    }

    /** A GPU's memory is written as a whole. */
    private static Loading loading(JobSettings settings, boolean prefault) {
        return prefault || settings.engine() == Engine.DRIVER || settings.device() != Device.PTX
                ? Loading.AHEAD
                : Loading.WHEN_USED;
    }

    /**
     * Brings an image from a store into the job's folder, to be restarted from there.
     *
     * @param number the image; the newest that the store has if none is given
     * @param key what it is encrypted with; as the job has it here if it is not told
     * @return its number
     * @throws JobException if there is no such image, it is damaged, or the store cannot be used
     */
    public long fetch(String store, OptionalLong number, Optional<KeySource> key)
            throws JobException, InterruptedException {
        ImageStore images = folder.images(source(key).keys());
        try (RemoteImages remote = RemoteStore.open(store, folder.name(), environment)) {
            return RemoteStore.fetch(remote, number, folder, images, messages);
        }
    }

    private KeySource source(Optional<KeySource> key) throws JobException {
        if (key.isPresent()) {
            return key.get();
        }
        return folder.isKnown() ? folder.settings().images().key() : KeySource.NONE;
    }

    private long newest() throws JobException, IOException {
        return folder.images().latest().orElseThrow(() -> new JobException(
                Kind.UNKNOWN, "job " + folder.name() + " has no image: nothing was saved before it ended"));
    }

    private static void requireSupported(JobSettings settings) throws JobException {
        if (settings.engine() == Engine.DRIVER) {
            return; // Its driver is asked for when it is loaded.
        }
        if (settings.device() == Device.NVIDIA) {
            UsableGpu.require();
        }
        if (settings.inProcess() && settings.host() == Host.CRIU) {
            throw new JobException(
                    Kind.UNAVAILABLE,
                    "--in-process needs --host app: CRIU would save the device together with the application");
        }
    }

    private Optional<HostState> hostState(Host host) throws JobException {
        if (host == Host.APP) {
            return Optional.empty();
        }
        try {
            return Optional.of(new HostState(Criu.usable(environment)));
        } catch (HostStateException e) {
            throw new JobException(
                    Kind.UNAVAILABLE,
                    e.getMessage() + "\n`--host app` works without: the application then saves its own state, by"
                            + " org.crac",
                    e);
        }
    }

    private static void requireKey(ImageKeys keys) throws JobException {
        try {
            Optional<ImageKey> unused = keys.find();
        } catch (KeyUnavailableException e) {
            throw new JobException(Kind.UNAVAILABLE, "" + e.getMessage(), e);
        }
    }

    private static Optional<ProcessCheckpoints> driver(Engine engine) throws JobException, InterruptedException {
        if (engine == Engine.SPLIT) {
            return Optional.empty();
        }
        try {
            return Optional.of(LibCudaCheckpoints.load());
        } catch (DriverException e) {
            throw new JobException(
                    Kind.UNAVAILABLE,
                    "--engine driver cannot be used: " + e.getMessage() + "; without it, applications on the JVM are"
                            + " split (--engine split)",
                    e);
        }
    }

    /** That the store cannot be reached keeps no job from coming back: the mirror says so and tries again. */
    private Optional<RemoteImages> remote(@Nullable String store, boolean fresh) throws JobException {
        if (store == null) {
            return Optional.empty();
        }
        return Optional.of(
                fresh
                        ? RemoteStore.forLaunch(store, folder, environment)
                        : RemoteStore.open(store, folder.name(), environment));
    }

    /** With the keys of the settings, which may have been found already; {@code fresh} if the job is launched. */
    private Site site(JobSettings settings, ImageKeys keys, boolean fresh) throws JobException, InterruptedException {
        Optional<ProcessCheckpoints> driver = driver(settings.engine());
        Installation installation = Installation.here();
        requireKey(keys);
        Optional<RemoteImages> remote = remote(settings.images().store(), fresh);
        StatusBoard status = new StatusBoard(folder, messages);
        mirror = remote.map(
                images -> new Mirror(images, folder.images(keys), settings.images().keep(), messages, status));
        mirror.ifPresent(Mirror::start);
        return new Site(
                folder,
                settings,
                folder.images(keys),
                driver,
                installation,
                terminal,
                new InputPump(terminal.input()),
                messages,
                status,
                mirror);
    }

    /** Gives the job up to other supervisors. */
    @Override
    public void close() throws JobException {
        mirror.ifPresent(Mirror::close);
        try {
            lock.close();
        } catch (IOException e) {
            throw new JobException(Kind.FAILED, "cannot give up the job's lock: " + e.getMessage(), e);
        }
    }
}
