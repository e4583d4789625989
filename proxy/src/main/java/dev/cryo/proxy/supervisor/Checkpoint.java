package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.control.Connection;
import dev.cryo.proxy.control.ControlServer;
import dev.cryo.proxy.control.RequestFailedException;
import dev.cryo.proxy.control.RequestFailedException.Reason;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.proxy.supervisor.CheckpointState.Step;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.ControlMessage.Capture;
import dev.cryo.streamlog.control.ControlMessage.Captured;
import dev.cryo.streamlog.control.ControlMessage.Discard;
import dev.cryo.streamlog.control.ControlMessage.Done;
import dev.cryo.streamlog.control.ControlMessage.Drain;
import dev.cryo.streamlog.control.ControlMessage.Gate;
import dev.cryo.streamlog.control.ControlMessage.Gated;
import dev.cryo.streamlog.control.ControlMessage.LowerHalfLost;
import dev.cryo.streamlog.control.ControlMessage.Outcome;
import dev.cryo.streamlog.control.ControlMessage.Persist;
import dev.cryo.streamlog.control.ControlMessage.Persisted;
import dev.cryo.streamlog.control.ControlMessage.Resume;
import dev.cryo.streamlog.control.ControlMessage.Running;
import dev.cryo.streamlog.control.ControlMessage.Suspend;
import dev.cryo.streamlog.control.ControlMessage.Suspended;
import dev.cryo.streamlog.control.ControlMessage.Welcome;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Takes one checkpoint of a running job; see {@link CheckpointState} for its steps. Made for one use, by one thread.
 */
final class Checkpoint {
    /** Property of an image: how long the application stood still for it. */
    static final String PAUSE_NANOS = "pauseNanos";

    /** Property of an image: the live device memory. */
    static final String CAPTURED_BYTES = "capturedBytes";

    private static final long SLOWEST_BYTES_PER_SECOND = 5 << 20;

    private final Parts parts;
    private final Waits waits;
    private final Duration timeout;
    private final boolean hold;

    private CheckpointState state = CheckpointState.RUNNING;
    private String doing = "beginning an image";
    private long doingSince = System.nanoTime();
    private final StringBuilder timeline = new StringBuilder();
    private byte[] log = {};
    private int resources;
    private String failure = "";
    private long captured;
    private boolean suspended;
    private long gateClosed;
    private long gateOpened;

    /**
     * What a checkpoint works on.
     *
     * @param host how host state is saved; empty where the application saves its own
     * @param otherwise where a dump goes that memory has no room for
     * @param images how the image is written, and which older ones are kept
     */
    record Parts(
            Halves halves,
            Halves.Processes processes,
            ControlServer server,
            Optional<HostDump> host,
            ImageStore store,
            JobInfo job,
            Path otherwise,
            ImageSettings images,
            Waits waits) {}

    /**
     * How long is waited for what does not depend on the application's work.
     *
     * @param grace how much longer than the time it was given the other side may take to say that the time is over
     * @param capture for the device's memory to be made immutable
     * @param comeBack for the application to go on
     * @param persist for the device's memory to be written, beside a time by its size
     */
    record Waits(Duration grace, Duration capture, Duration comeBack, Duration persist) {
        static final Waits ORDINARY = new Waits(
                Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofMinutes(2));
    }

    /**
     * A checkpoint that succeeded: times in nanoseconds.
     *
     * @param bytes that it added to the disk
     * @param resources how many org.crac resources of the application were called
     * @param timeline how long what took, in words
     */
    record Report(long image, long bytes, long pauseNanos, long totalNanos, int resources, String timeline) {}

    /**
     * A checkpoint that has not begun.
     *
     * @param timeout how long the application's work may take to come to rest
     * @param hold whether the application is to stand still afterwards, because it will be ended
     */
    Checkpoint(Parts parts, Duration timeout, boolean hold) {
        this.parts = parts;
        this.waits = parts.waits();
        this.timeout = timeout;
        this.hold = hold;
    }

    /** Takes it; when this returns, the image is complete. */
    Report take() throws CheckpointException, InterruptedException {
        long start = System.nanoTime();
        try (ImageWriter image = parts.store().begin()) {
            return take(image, start);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private Report take(ImageWriter image, long start) throws CheckpointException, IOException, InterruptedException {
        long estimate = parts.host().map(HostDump::estimate).orElse(0L);
        try (Scratch dump = Scratch.create(estimate, parts.otherwise())) {
            gate();
            drain();
            capture(dump.path());
            if (!hold) {
                release();
            }
            persist(image, dump.path());
        } catch (IOException | RequestFailedException | HostStateException e) {
            throw abort(failed(e));
        }
        begin("done");
        long end = System.nanoTime();
        return new Report(
                image.number(),
                parts.store().addedBytes(image.number()),
                (hold ? end : gateOpened) - gateClosed,
                end - start,
                resources,
                timeline.toString());
    }

    private void gate() throws RequestFailedException, IOException, InterruptedException {
        begin("closing the gate");
        Connection application = application();
        lowerHalf(); // Without it the application's calls would never come to rest.
        gateClosed = System.nanoTime();
        Gated gated = application.ask(
                new Gate(timeout.toMillis()),
                Gated.class,
                timeout.plus(waits.grace()),
                "the application to close its gate");
        log = gated.log();
        resources = gated.resources();
        advance(Step.GATE);
    }

    private void drain() throws RequestFailedException, IOException, InterruptedException {
        begin("waiting for the device to end its work");
        Drain request = new Drain(timeout.toMillis());
        lowerHalf().ask(request, Done.class, timeout.plus(waits.grace()), "the device to end its work");
        advance(Step.DRAIN);
    }

    private void capture(Path dump)
            throws RequestFailedException, HostStateException, IOException, InterruptedException {
        begin("capturing device memory");
        Capture request = new Capture(parts.host().isEmpty());
        captured = lowerHalf()
                .ask(request, Captured.class, waits.capture(), "the device's memory to be captured")
                .bytes();
        advance(Step.CAPTURE);
        if (parts.host().isPresent()) {
            begin("suspending the application");
            parts.server().hide();
            try {
                parts.halves().expectReturn();
                suspend(application());
                begin("saving the application's process");
                parts.host().get().into(dump);
            } finally {
                parts.server().show();
            }
        }
    }

    private void suspend(Connection application) throws RequestFailedException, IOException, InterruptedException {
        String waitedFor = "the application to close its connection";
        application.ask(new Suspend(), Suspended.class, waits.grace(), waitedFor);
        suspended = true;
        if (!parts.halves().hasLeft(application, waits.grace())) {
            throw new IOException("waited " + waits.grace().toSeconds() + " s for " + waitedFor);
        }
    }

    private void release() throws RequestFailedException, IOException, InterruptedException {
        begin("letting the application go on");
        Connection application = suspended
                ? parts.halves().returned(waits.comeBack()).orElseThrow(() -> new IOException(
                        "the application did not connect again within " + waits.comeBack().toSeconds() + " s"))
                : application();
        parts.halves().stopExpecting();
        String lost = attach(application);
        ControlMessage request = suspended ? new Welcome(Outcome.CONTINUED, new byte[0]) : new Resume(failure);
        application.ask(request, Running.class, waits.comeBack(), "the application to open its gate");
        gateOpened = System.nanoTime();
        if (!lost.isEmpty()) {
            // It runs, and its CUDA calls fail from now on.
            application.tell(new LowerHalfLost(lost));
            throw new IOException(lost);
        }
        if (state == CheckpointState.CAPTURED) {
            advance(Step.RELEASE);
        }
    }

    /** Gives the device its access to the application's memory back, and tells why that failed, if it did. */
    private String attach(Connection application) throws InterruptedException {
        boolean wasDetached = state == CheckpointState.CAPTURED && parts.host().isPresent();
        if (!wasDetached) {
            return "";
        }
        try {
            parts.halves().attach(application, parts.processes());
            return "";
        } catch (RequestFailedException | IOException e) {
            return "the lower half could not be attached again: " + e.getMessage();
        }
    }

    private void persist(ImageWriter image, Path dump)
            throws RequestFailedException, IOException, InterruptedException {
        begin("writing image " + image.number());
        Duration limit = waits.persist().plusSeconds(captured / SLOWEST_BYTES_PER_SECOND);
        Persist request = new Persist(
                image.folder().toString(), parts.images().writerThreads(), parts.images().compress());
        image.add(lowerHalf()
                .ask(request, Persisted.class, limit, "the device's memory to be written")
                .sections());
        try (SectionWriter host = image.sections("host", parts.images().writing())) {
            host.bytes(Section.LOG, log);
            for (Path file : files(dump)) {
                host.file(Section.HOST + file.getFileName(), file);
            }
            image.add(host.finish());
        }
        image.commit(describe());
        advance(Step.COMMIT);
    }

    private JobInfo describe() {
        List<JobInfo.Property> measured = new ArrayList<>();
        measured.add(new JobInfo.Property(CAPTURED_BYTES, Long.toString(captured)));
        if (gateOpened != 0) {
            measured.add(new JobInfo.Property(PAUSE_NANOS, Long.toString(gateOpened - gateClosed)));
        }
        return parts.job().with(measured);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /** Names what is done from now on, for a failure and for the log. */
    private void begin(String what) {
        long now = System.nanoTime();
        timeline.append(timeline.isEmpty() ? "" : ", ")
                .append(String.format(Locale.ROOT, "%s %.1f ms", doing, (now - doingSince) / 1e6));
        doing = what;
        doingSince = now;
    }

    private void advance(Step step) {
        state = state.advance(step);
    }

    private Connection application() throws IOException {
        return parts.halves()
                .application()
                .orElseThrow(() ->
                        new IOException("the application's JVM is not connected: it has not started or has ended"));
    }

    private Connection lowerHalf() throws IOException {
        return parts.halves().lowerHalf().orElseThrow(() -> new IOException("the proxy is gone"));
    }

    private CheckpointException failed(Exception cause) {
        String message = "checkpoint failed while " + doing + ": " + cause.getMessage();
        return state == CheckpointState.RUNNING || state == CheckpointState.GATED
                ? new CheckpointException.NotAtRest(message + stillRunning(), cause)
                : new CheckpointException.NotSaved(message, cause);
    }

    /** What the device says is running, when the gate could not be closed because of it. */
    private String stillRunning() {
        Connection lower = parts.halves().lowerHalf().orElse(null);
        if (state != CheckpointState.RUNNING || lower == null || gateClosed == 0) {
            return "";
        }
        try {
            lower.ask(new Drain(0), Done.class, waits.grace(), "the device to say what runs");
            return "";
        } catch (RequestFailedException e) {
            return e.reason() == Reason.REFUSED ? " (" + e.getMessage() + ")" : "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /** Lets the application go on as if nothing had been, and gives back what is to be thrown. */
    private CheckpointException abort(CheckpointException why) throws InterruptedException {
        failure = String.valueOf(why.getMessage());
        try {
            if (state == CheckpointState.CAPTURED || state == CheckpointState.RELEASED) {
                discard(why);
            }
            boolean ended = !suspended && parts.halves().application().isEmpty();
            if (gateClosed != 0 && gateOpened == 0 && !ended) {
                reopen(why);
            }
        } catch (RequestFailedException | IOException e) {
            CheckpointException fatal = new CheckpointException.NotReleased(
                    why.getMessage() + "; and the application could not go on: " + e.getMessage(), e);
            fatal.addSuppressed(why);
            return fatal;
        } finally {
            parts.halves().stopExpecting();
            advance(Step.ABORT);
        }
        return why;
    }

    private void reopen(CheckpointException why) throws RequestFailedException, IOException, InterruptedException {
        if (state != CheckpointState.RUNNING) {
            release();
        } else if (why.getCause() instanceof RequestFailedException e && e.reason() == Reason.TIMED_OUT) {
            // It does not answer at all; when it wakes up, it closes its gate and finds this behind.
            application().askInPassing(new Resume(failure));
        }
    }

    /** What keeps the application from running shows when it is released. */
    private void discard(CheckpointException why) throws InterruptedException {
        Connection lower = parts.halves().lowerHalf().orElse(null);
        if (lower == null) {
            return;
        }
        try {
            lower.ask(new Discard(), Done.class, waits.grace(), "the device to give up what was captured");
        } catch (RequestFailedException e) {
            why.addSuppressed(e);
        }
    }

    /** How far it is. */
    CheckpointState state() {
        return state;
    }
}
