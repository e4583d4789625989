package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.control.Connection;
import dev.cryo.proxy.host.Criu;
import dev.cryo.proxy.host.HostState;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.proxy.supervisor.JobSettings.Device;
import dev.cryo.proxy.supervisor.JobSettings.Host;
import dev.cryo.proxy.supervisor.JobSettings.OnFailure;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import dev.cryo.streamlog.control.ControlMessage.CheckpointWanted;
import dev.cryo.streamlog.control.ControlMessage.Done;
import dev.cryo.streamlog.control.ControlMessage.EndJob;
import dev.cryo.streamlog.control.ControlMessage.Failed;
import dev.cryo.streamlog.control.ControlMessage.TakeCheckpoint;
import dev.cryo.streamlog.image.ImageReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Runs one job in the foreground: from its launch or restart, through checkpoints and failures, to its end. For one
 * thread and one run; what it starts has ended when its method returns.
 */
public final class Supervisor implements AutoCloseable {
    /** How often a job comes back by itself without having taken an image in between. */
    private static final int FRUITLESS_RESTARTS = 3;

    private final JobFolder folder;
    private final Map<String, String> environment;
    private final Terminal terminal;
    private final JobLock lock;
    private final Messages messages;
    private final AtomicBoolean ending = new AtomicBoolean();
    private volatile @Nullable JobRun run;

    private Supervisor(
            JobFolder folder, Map<String, String> environment, Terminal terminal, JobLock lock, Messages messages) {
        this.folder = folder;
        this.environment = environment;
        this.terminal = terminal;
        this.lock = lock;
        this.messages = messages;
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
        JavaCommand.requireNewEnough(settings, Path.of(System.getProperty("java.home"), "bin", "java"));
        Optional<HostState> host = hostState(settings.host());
        try {
            folder.write(settings);
            Site site = site(settings);
            if (!JavaCommand.isJava(settings.command())) {
                messages.say(settings.command().getFirst() + " is not java itself: the JVM that it starts is told of"
                        + " the agent by " + JavaCommand.OPTIONS_VARIABLE);
            }
            Checkpoints checkpoints = new Checkpoints(site, host);
            JobRun first = JobRun.prepare(site, (command, request) -> serve(checkpoints, site, command, request));
            try {
                first.startProxy();
                first.startApplication();
            } catch (IOException | HostStateException e) {
                first.close();
                throw e;
            }
            return supervise(site, host, checkpoints, first);
        } catch (IOException | HostStateException e) {
            throw new JobException(Kind.FAILED, "job " + folder.name() + " cannot be launched: " + e.getMessage(), e);
        }
    }

    /**
     * Restarts the job from an image and returns when it has ended.
     *
     * @param number the image; the newest if none is given
     * @param overrides changes what the image says of how the job was launched
     */
    public int restart(OptionalLong number, java.util.function.UnaryOperator<JobSettings> overrides)
            throws JobException, InterruptedException {
        try (ImageReader image = Restart.verified(folder, number.isPresent() ? number.getAsLong() : newest())) {
            JobSettings settings =
                    overrides.apply(ImagedJob.settings(image.manifest().job()));
            requireSupported(settings);
            Optional<HostState> host = hostState(settings.host());
            folder.write(settings);
            Site site = site(settings);
            Checkpoints checkpoints = new Checkpoints(site, host);
            return supervise(site, host, checkpoints, Restart.run(
                    site, image, host, (command, request) -> serve(checkpoints, site, command, request)));
        } catch (IOException e) {
            throw new JobException(Kind.FAILED, "job " + folder.name() + " cannot be restarted: " + e.getMessage(), e);
        }
    }

    private long newest() throws JobException, IOException {
        return folder.images().latest().orElseThrow(() -> new JobException(
                Kind.UNKNOWN, "job " + folder.name() + " has no image: nothing was saved before it ended"));
    }

    private static void requireSupported(JobSettings settings) throws JobException {
        if (settings.device() == Device.NVIDIA) {
            throw new JobException(
                    Kind.UNAVAILABLE,
                    "--device nvidia needs the nvidia lower half, which this version does not have; use --device ptx");
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

    private Site site(JobSettings settings) throws JobException {
        return new Site(
                folder,
                settings,
                Installation.here(),
                terminal,
                new InputPump(terminal.input()),
                messages,
                new StatusBoard(folder, messages));
    }

    /** From a started run to the end of the job. */
    private int supervise(Site site, Optional<HostState> host, Checkpoints checkpoints, JobRun first)
            throws JobException, InterruptedException, IOException {
        routeSignals(site, checkpoints);
        int fruitless = 0;
        long imageBefore = 0;
        JobRun current = first;
        while (true) {
            Ending end = await(site, checkpoints, current);
            JobStatus.Taken taken = site.status().now().lastCheckpoint();
            boolean comesBack = end.isFailure() && site.settings().onFailure() == OnFailure.RESTART && !ending.get();
            if (!comesBack || taken == null) {
                if (comesBack) {
                    messages.say("there is no image of this job to come back from");
                }
                site.status().update(now -> now.ended(end.code()));
                return end.code();
            }
            fruitless = taken.image() == imageBefore ? fruitless + 1 : 0;
            imageBefore = taken.image();
            if (fruitless >= FRUITLESS_RESTARTS) {
                throw new JobException(
                        Kind.FAILED,
                        "the job failed " + FRUITLESS_RESTARTS + " times more since image " + imageBefore
                                + ": given up");
            }
            messages.say("the application has ended (" + end.code() + "); the job goes back to image " + imageBefore);
            try (ImageReader image = Restart.verified(folder, imageBefore)) {
                current = Restart.run(
                        site, image, host, (command, request) -> serve(checkpoints, site, command, request));
            }
        }
    }

    private Ending await(Site site, Checkpoints checkpoints, JobRun current)
            throws JobException, InterruptedException, IOException {
        run = current;
        try (current;
                ScheduledExecutorService timer = timer(site, checkpoints, current)) {
            Ending end = current.await();
            timer.shutdownNow();
            checkpoints.awaitIdle();
            return end;
        } finally {
            run = null;
        }
    }

    private ScheduledExecutorService timer(Site site, Checkpoints checkpoints, JobRun current) {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("cryo-interval").daemon().factory());
        long interval = site.settings().intervalMillis();
        if (interval > 0) {
            timer.scheduleWithFixedDelay(
                    () -> take(site, checkpoints, current, false), interval, interval, TimeUnit.MILLISECONDS);
        }
        return timer;
    }

    private void routeSignals(Site site, Checkpoints checkpoints) {
        SignalRouter.install(
                () -> inBackground(() -> checkpointThenEnd(site, checkpoints)),
                () -> inBackground(() -> {
                    JobRun current = run;
                    if (current != null) {
                        take(site, checkpoints, current, false);
                    }
                }),
                number -> {
                    JobRun current = run;
                    if (current != null) {
                        current.process().signal(number);
                    }
                },
                messages);
    }

    private void inBackground(Runnable task) {
        Thread.ofVirtual().start(() -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                messages.defect("the supervisor made a mistake", e);
            }
        });
    }

    /** What SIGTERM asks for; the second one does not wait for the checkpoint. */
    private void checkpointThenEnd(Site site, Checkpoints checkpoints) {
        JobRun current = run;
        if (current == null) {
            return;
        }
        boolean first = ending.compareAndSet(false, true);
        if (first && take(site, checkpoints, current, true)) {
            current.endHeld();
        } else {
            end(current);
        }
    }

    private void end(JobRun current) {
        try {
            current.end();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes a checkpoint; whether it succeeded was told. */
    private static boolean take(Site site, Checkpoints checkpoints, JobRun current, boolean hold) {
        try {
            checkpoints.take(current, Duration.ofMillis(site.settings().timeoutMillis()), hold);
            return true;
        } catch (CheckpointException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void serve(Checkpoints checkpoints, Site site, Connection command, ControlMessage request) {
        JobRun current = run;
        if (current == null) {
            command.tell(new Failed("the job is being started or ended"));
            return;
        }
        switch (request) {
            case TakeCheckpoint take -> inBackground(() -> serve(checkpoints, site, current, command, take));
            case CheckpointWanted wanted -> inBackground(() -> takeWanted(checkpoints, site, current, command));
            case EndJob end -> inBackground(() -> {
                ending.set(true);
                end(current);
                command.tell(new Done());
            });
            default -> command.tell(new Failed("a supervisor is not asked " + request.getClass().getSimpleName()));
        }
    }

    /** The application learns from its gate how it went, unless it never came to that. */
    private void takeWanted(Checkpoints checkpoints, Site site, JobRun current, Connection application) {
        if (!take(site, checkpoints, current, false)) {
            application.tell(new Failed("the checkpoint failed; the supervisor has said why"));
        }
    }

    private void serve(Checkpoints checkpoints, Site site, JobRun current, Connection command, TakeCheckpoint request) {
        long millis = request.timeoutMillis() > 0 ? request.timeoutMillis() : site.settings().timeoutMillis();
        try {
            Checkpoint.Report report = checkpoints.take(current, Duration.ofMillis(millis), request.thenEnd());
            command.tell(new CheckpointTaken(
                    report.image(), report.bytes(), report.pauseNanos(), report.totalNanos()));
            if (request.thenEnd()) {
                ending.set(true);
                current.endHeld();
            }
        } catch (CheckpointException e) {
            command.tell(new Failed(String.valueOf(e.getMessage())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Gives the job up to other supervisors. */
    @Override
    public void close() throws JobException {
        try {
            lock.close();
        } catch (IOException e) {
            throw new JobException(Kind.FAILED, "cannot give up the job's lock: " + e.getMessage(), e);
        }
    }
}
