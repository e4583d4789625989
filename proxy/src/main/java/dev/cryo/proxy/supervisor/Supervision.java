package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.control.Connection;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.proxy.host.SignalNumbers;
import dev.cryo.proxy.supervisor.JobException.Kind;
import dev.cryo.proxy.supervisor.JobSettings.Engine;
import dev.cryo.proxy.supervisor.JobSettings.OnFailure;
import dev.cryo.proxy.supervisor.Restart.Loading;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import dev.cryo.streamlog.control.ControlMessage.CheckpointWanted;
import dev.cryo.streamlog.control.ControlMessage.Done;
import dev.cryo.streamlog.control.ControlMessage.EndJob;
import dev.cryo.streamlog.control.ControlMessage.Failed;
import dev.cryo.streamlog.control.ControlMessage.TakeCheckpoint;
import dev.cryo.streamlog.control.Rehearsal;
import dev.cryo.streamlog.image.ImageReader;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A job being supervised: its runs one after the other, its checkpoints, and what signals and commands ask for.
 *
 * <p>One thread goes through the runs; each request is served by a virtual thread of its own.
 */
final class Supervision implements JobRun.Commands {
    /** How often a job comes back by itself without having taken an image in between. */
    private static final int FRUITLESS_RESTARTS = 3;

    /** How long the end of a job waits for its images to be in their store: the machine may be about to vanish. */
    private static final Duration UPLOAD = Duration.ofMinutes(10);

    /** Two SIGTERM in a shorter time are one: `timeout` sends it to its child and to the whole process group. */
    private static final long ONE_SIGNAL_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Site site;
    private final HostFinder host;
    private Loading loading; // Of the thread that goes through the runs.
    private final Checkpoints checkpoints;
    private final AtomicBoolean ending = new AtomicBoolean();
    private final Requests<JobRun> requests = new Requests<>();
    private final AtomicLong lastTermination = new AtomicLong(System.nanoTime() - ONE_SIGNAL_NANOS);
    /** The image that a failed job goes back to; 0 for none. */
    private long baseImage;

    private long restartedFrom;
    private int restarts;
    /** What is being brought back from an image. */
    private volatile @Nullable JobRun coming;

    /** What it is brought back from. */
    private volatile @Nullable Unpacking source;

    private volatile boolean abandoned;

    /** Nothing runs any more; only uploads are waited for. */
    private volatile boolean uploading;

    /** With how memory is loaded whenever the job comes back from an image. */
    Supervision(Site site, HostFinder host, Loading loading) {
        this.site = site;
        this.host = host;
        this.loading = loading;
        this.checkpoints = new Checkpoints(site, host);
    }

    /** Starts the job and returns its exit status when it has ended. */
    int launch() throws JobException, InterruptedException {
        routeSignals();
        try {
            JobRun first = JobRun.begin(site, this);
            try {
                first.startApplication();
            } catch (IOException | HostStateException e) {
                first.close();
                throw e;
            }
            int code = supervise(first);
            if (code != 0 && site.settings().engine() == Engine.SPLIT && !first.hasGreeted()) {
                site.messages().say("no JVM of this application has connected to cryo, so nothing of it could be saved;"
                        + " one that it starts must be Java " + JavaCommand.NEEDED + " or newer");
            }
            return uploaded(code);
        } catch (IOException | HostStateException e) {
            throw failed("job " + site.folder().name() + " cannot be launched: " + e.getMessage(), e);
        }
    }

    /**
     * Restarts the job from an image, which is closed with its unpacking when that is done, and returns its exit status
     * when it has ended.
     */
    int restart(Unpacking unpacking) throws JobException, InterruptedException {
        routeSignals();
        baseImage = unpacking.image().manifest().number();
        try {
            JobRun first;
            try (ImageReader image = unpacking.image();
                    unpacking) {
                first = bringBack(unpacking);
            }
            remember();
            return uploaded(supervise(first));
        } catch (IOException e) {
            throw failed("job " + site.folder().name() + " failed: " + e.getMessage(), e);
        } catch (JobException e) {
            if (abandoned) {
                return abandoned();
            }
            throw failed(String.valueOf(e.getMessage()), e);
        }
    }

    /** Once it runs: a restart that fails leaves everything as it was. */
    private void remember() {
        try {
            site.folder().write(site.settings());
        } catch (IOException e) {
            site.messages().say("how the job was restarted cannot be written, and the next restart goes by its image: "
                    + e.getMessage());
        }
    }

    /** Waits for the images to be in the job's store, within limits. */
    private int uploaded(int code) throws InterruptedException {
        if (site.mirror().isPresent()) {
            uploading = true;
            Mirror mirror = site.mirror().get();
            if (mirror.awaitAll(Duration.ofMillis(500)).isPresent()) {
                site.messages().say("the images are being uploaded; SIGTERM leaves that to the job's next start");
            }
            mirror.awaitAll(UPLOAD).ifPresent(why -> site.messages()
                    .say(why + "; `cryo restart " + site.folder().name() + "` uploads it, too"));
        }
        return code;
    }

    private JobRun bringBack(Unpacking unpacking) throws JobException, InterruptedException {
        source = unpacking;
        try {
            return Restart.run(site, unpacking, host, this::begin, requests::present);
        } finally {
            source = null;
            coming = null;
        }
    }

    private JobRun begin() throws IOException {
        JobRun begun = JobRun.begin(site, this);
        coming = begun;
        if (abandoned) {
            begun.abandon();
        }
        return begun;
    }

    private int abandoned() {
        site.messages().say("the restart was given up; image " + baseImage + " is as it was");
        site.status().update(now -> now.ended(128 + SignalNumbers.SIGTERM));
        return 128 + SignalNumbers.SIGTERM;
    }

    private JobException failed(String message, Exception cause) {
        site.status().failed(message);
        site.status().update(now -> now.ended(-1));
        return new JobException(cause instanceof JobException e ? e.kind() : Kind.FAILED, message, cause);
    }

    /** From a started run to the end of the job. */
    private int supervise(JobRun first) throws JobException, InterruptedException, IOException {
        Rehearsal.start(() -> {});
        try (Leftovers.Removal leftovers = Leftovers.removeImages(site.images(), site.messages())) {
            return superviseRuns(first);
        }
    }

    private int superviseRuns(JobRun first) throws JobException, InterruptedException, IOException {
        JobRun current = first;
        while (true) {
            Ending end = await(current);
            if (end.kind() == Ending.Kind.CONTENTS_LOST) {
                contentsLost(current.lostContents().orElse(""));
            }
            if (!end.isFailure() || site.settings().onFailure() == OnFailure.STOP || ending.get()) {
                site.status().update(now -> now.ended(end.code()));
                return end.code();
            }
            JobStatus.Taken taken = site.status().now().lastCheckpoint();
            baseImage = taken == null ? baseImage : taken.image();
            if (baseImage == 0) {
                site.messages().say("there is no image of this job to come back from");
                site.status().update(now -> now.ended(end.code()));
                return end.code();
            }
            site.messages()
                    .say("the application has ended (" + end.code() + "); the job goes back to image " + baseImage);
            try {
                current = comeBack();
            } catch (JobException e) {
                if (abandoned) {
                    return abandoned();
                }
                throw e;
            }
        }
    }

    /** The image is damaged: the job does not come back from any that was not verified as a whole. */
    private void contentsLost(String why) throws JobException {
        String message = "the job cannot go on, since its memory cannot be read from the image that it was restarted"
                + " from: " + why;
        if (site.settings().onFailure() == OnFailure.STOP || ending.get()) {
            JobException cause = new JobException(Kind.IMAGE, message + Restart.others(site.folder(), baseImage));
            throw failed(String.valueOf(cause.getMessage()), cause);
        }
        site.messages().say(message);
        loading = Loading.AHEAD;
    }

    private JobRun comeBack() throws JobException, InterruptedException, IOException {
        while (true) {
            restarts = restartedFrom == baseImage ? restarts + 1 : 1;
            restartedFrom = baseImage;
            if (restarts > FRUITLESS_RESTARTS) {
                throw failed(
                        "the job has come back from image " + baseImage + " " + FRUITLESS_RESTARTS
                                + " times without getting as far as another: given up",
                        new IOException("repeated failure"));
            }
            try (ImageReader image = Restart.open(site.folder(), site.images(), baseImage);
                    Unpacking unpacking = Unpacking.begin(site.folder(), image, loading)) {
                requireEncrypted(image);
                return bringBack(unpacking);
            } catch (JobException e) {
                if (e.kind() != Kind.FAILED || ending.get()) {
                    throw abandoned ? e : failed(String.valueOf(e.getMessage()), e);
                }
                site.messages().say(String.valueOf(e.getMessage()));
            }
        }
    }

    /** Whoever may write to the job's folder could otherwise have it compute with what he has put there. */
    private void requireEncrypted(ImageReader image) throws JobException {
        if (site.settings().images().key().isPresent() && image.key().isEmpty()) {
            throw new JobException(
                    Kind.IMAGE,
                    "image " + baseImage + " is not encrypted and the job is: it does not go back to it");
        }
    }

    private Ending await(JobRun current) throws JobException, InterruptedException, IOException {
        requests.present(current);
        try (current;
                ScheduledExecutorService timer = timer(current)) {
            Ending end = current.await();
            timer.shutdownNow();
            checkpoints.awaitIdle();
            return end;
        } finally {
            requests.absent();
        }
    }

    private ScheduledExecutorService timer(JobRun current) {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("cryo-interval").daemon().factory());
        long interval = site.settings().intervalMillis();
        if (interval > 0) {
            timer.scheduleWithFixedDelay(() -> takeByTimer(current), interval, interval, TimeUnit.MILLISECONDS);
        }
        return timer;
    }

    /** A timer that throws is not called again. */
    private void takeByTimer(JobRun current) {
        try {
            if (current.isServed()) {
                take(current, false);
            }
        } catch (RuntimeException | VirtualMachineError e) {
            site.messages().defect("the supervisor made a mistake", e);
        }
    }

    private void routeSignals() {
        SignalRouter.install(this::terminate, this::checkpoint, this::passOn, site.messages());
    }

    private void checkpoint() {
        if (!requests.ask(run -> inBackground(() -> take(run, false)))) {
            site.messages().say("SIGUSR1: a checkpoint is taken as soon as the job runs");
        }
    }

    private void passOn(int number) {
        boolean passed = requests.ask(run -> run.signal(number));
        if (!passed && (number == SignalNumbers.SIGINT || number == SignalNumbers.SIGHUP)) {
            site.messages()
                    .say("signal " + number + " is passed on as soon as the job runs; SIGTERM twice gives it up");
        }
    }

    /** SIGTERM asks for a checkpoint and then the end; the second one does not wait for the checkpoint. */
    private void terminate() {
        long now = System.nanoTime();
        if (now - lastTermination.getAndSet(now) < ONE_SIGNAL_NANOS) {
            return;
        }
        if (uploading) {
            site.mirror().ifPresent(Mirror::giveUp);
            return;
        }
        if (ending.compareAndSet(false, true)) {
            if (!requests.ask(run -> inBackground(() -> checkpointThenEnd(run)))) {
                site.messages().say("SIGTERM: the job is checkpointed and ended as soon as it runs; another SIGTERM"
                        + " gives it up");
            }
            return;
        }
        if (!requests.ask(run -> inBackground(() -> end(run)))) {
            abandoned = true;
            Unpacking unpacking = source;
            if (unpacking != null) {
                unpacking.giveUp();
            }
            JobRun unfinished = coming;
            if (unfinished != null) {
                inBackground(unfinished::abandon);
            }
        }
    }

    private void inBackground(Runnable task) {
        Thread.ofVirtual().start(() -> {
            try {
                task.run();
            } catch (RuntimeException | VirtualMachineError e) {
                site.messages().defect("the supervisor made a mistake", e);
            }
        });
    }

    private void checkpointThenEnd(JobRun current) {
        if (take(current, true)) {
            current.endHeld();
        } else {
            end(current);
        }
    }

    private static void end(JobRun current) {
        try {
            current.end();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Why the image is not in the job's store; empty if it is, or there is none. A second wait would be in vain. */
    private String awaitUpload(long image, TakeCheckpoint request) throws InterruptedException {
        if (site.mirror().isEmpty()) {
            return "";
        }
        Mirror mirror = site.mirror().get();
        uploading = request.thenEnd(); // The application stands still, and SIGTERM ends the wait.
        String lacking = mirror
                .await(image, request.thenEnd() ? UPLOAD : Duration.ofMillis(request.uploadMillis()))
                .orElse("");
        if (request.thenEnd() && !lacking.isEmpty()) {
            mirror.giveUp();
        }
        return lacking;
    }

    /** Takes a checkpoint; whether it succeeded was told. */
    private boolean take(JobRun current, boolean hold) {
        try {
            checkpoints.awaitTurn();
            checkpoints.take(current, Duration.ofMillis(site.settings().timeoutMillis()), hold);
            return true;
        } catch (CheckpointException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void asked(Connection by, ControlMessage request) {
        requests.to().ifPresentOrElse(
                run -> serve(run, by, request), () -> by.tell(new Failed("the job is being started or ended")));
    }

    private void serve(JobRun current, Connection by, ControlMessage request) {
        switch (request) {
            case TakeCheckpoint take -> inBackground(() -> serve(current, by, take));
            case CheckpointWanted wanted -> inBackground(() -> serveWanted(current, by));
            case EndJob end -> inBackground(() -> {
                ending.set(true);
                end(current);
                by.tell(new Done());
            });
            default -> by.tell(new Failed("a supervisor is not asked " + request.getClass().getSimpleName()));
        }
    }

    /** The application learns from its gate how it went, unless it never came to that. */
    private void serveWanted(JobRun current, Connection application) {
        if (!take(current, false)) {
            application.tell(new Failed("the checkpoint failed; the supervisor has said why"));
        }
    }

    private void serve(JobRun current, Connection command, TakeCheckpoint request) {
        long millis = request.timeoutMillis() > 0 ? request.timeoutMillis() : site.settings().timeoutMillis();
        try {
            if (request.waits()) {
                checkpoints.awaitTurn();
            } else if (!checkpoints.tryTurn()) {
                command.tell(new Failed("another checkpoint is under way, and this one was not to wait for it"));
                return;
            }
            Checkpoint.Report report = checkpoints.take(current, Duration.ofMillis(millis), request.thenEnd());
            String lacking = awaitUpload(report.image(), request);
            command.tell(new CheckpointTaken(
                    report.image(), report.bytes(), report.pauseNanos(), report.totalNanos(), lacking));
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
}
