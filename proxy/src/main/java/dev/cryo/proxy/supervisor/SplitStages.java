package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.control.Connection;
import dev.cryo.proxy.control.ControlServer;
import dev.cryo.proxy.control.RequestFailedException;
import dev.cryo.proxy.control.RequestFailedException.Reason;
import dev.cryo.proxy.host.HostStateException;
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
import dev.cryo.streamlog.image.ImageKey;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The steps of a checkpoint of an application that is split: its halves are asked over their control connections. */
final class SplitStages implements Stages {
    /** Property of an image: the live device memory. */
    static final String CAPTURED_BYTES = "capturedBytes";

    private static final Duration LOOK = Duration.ofMillis(200);
    private static final long SLOWEST_BYTES_PER_SECOND = 5 << 20;

    private final Parts parts;
    private final Waits waits;
    private final Duration timeout;

    private byte[] log = {};
    private int resources;
    private String failure = "";
    private long capturedBytes;
    private boolean asked;
    private boolean gated;
    private boolean captured;
    private boolean suspended;
    private boolean released;

    /**
     * What they work on.
     *
     * @param lives whether the application has not ended
     * @param host how host state is saved; empty where the application saves its own
     * @param images how the image is written
     */
    record Parts(
            Halves halves,
            Halves.Processes processes,
            BooleanSupplier lives,
            ControlServer server,
            Optional<HostDump> host,
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
     * For one checkpoint.
     *
     * @param timeout how long the application's work may take to come to rest
     */
    SplitStages(Parts parts, Duration timeout) {
        this.parts = parts;
        this.waits = parts.waits();
        this.timeout = timeout;
    }

    @Override
    public void gate(Timeline timeline) throws RequestFailedException, IOException, InterruptedException {
        timeline.begin("closing the gate");
        Connection application = application();
        lowerHalf(); // Without it the application's calls would never come to rest.
        asked = true;
        timeline.standStill();
        Gated answer = application.ask(
                new Gate(timeout.toMillis()),
                Gated.class,
                timeout.plus(waits.grace()),
                "the application to close its gate");
        log = answer.log();
        resources = answer.resources();
        gated = true;
    }

    @Override
    public void drain(Timeline timeline) throws RequestFailedException, IOException, InterruptedException {
        timeline.begin("waiting for the device to end its work");
        Drain request = new Drain(timeout.toMillis());
        lowerHalf().ask(request, Done.class, timeout.plus(waits.grace()), "the device to end its work");
    }

    @Override
    public void capture(DumpFolder dump, Timeline timeline)
            throws RequestFailedException, HostStateException, IOException, InterruptedException {
        timeline.begin("capturing device memory");
        HostDump host = parts.host().orElse(null);
        if (host == null) {
            captureDevice(true);
            return;
        }
        Path folder = dump.make(host.estimate());
        captureDevice(false);
        timeline.begin("suspending the application");
        parts.server().hide();
        try {
            Connection application = application();
            parts.halves().expectReturn(application);
            suspend(application);
            timeline.begin("saving the application's process");
            host.into(folder);
        } finally {
            parts.server().show();
        }
    }

    private void captureDevice(boolean pageLocked) throws RequestFailedException, IOException, InterruptedException {
        capturedBytes = lowerHalf()
                .ask(
                        new Capture(pageLocked),
                        Captured.class,
                        waits.capture(),
                        "the device's memory to be captured")
                .bytes();
        captured = true;
    }

    private void suspend(Connection application) throws RequestFailedException, IOException, InterruptedException {
        String waitedFor = "the application to close its connection";
        application.ask(new Suspend(), Suspended.class, waits.grace(), waitedFor);
        suspended = true;
        if (!parts.halves().hasLeft(application, waits.grace())) {
            throw new IOException("waited " + waits.grace().toSeconds() + " s for " + waitedFor);
        }
    }

    @Override
    public void release(Timeline timeline) throws RequestFailedException, IOException, InterruptedException {
        timeline.begin("letting the application go on");
        Connection application = suspended ? returned() : application();
        parts.halves().stopExpecting();
        String lost = attach(application);
        ControlMessage request = suspended ? new Welcome(Outcome.CONTINUED, new byte[0]) : new Resume(failure);
        application.ask(request, Running.class, waits.comeBack(), "the application to open its gate");
        released = true;
        timeline.goOn();
        if (!lost.isEmpty()) {
            // It runs, and its CUDA calls fail from now on.
            application.tell(new LowerHalfLost(lost));
            throw new IOException(lost);
        }
    }

    private Connection returned() throws IOException, InterruptedException {
        long end = System.nanoTime() + waits.comeBack().toNanos();
        while (parts.lives().getAsBoolean()) {
            Optional<Connection> connected = parts.halves().returned(LOOK);
            if (connected.isPresent()) {
                return connected.get();
            }
            if (System.nanoTime() - end > 0) {
                throw new IOException(
                        "the application did not connect again within " + waits.comeBack().toSeconds() + " s");
            }
        }
        throw new IOException("the application has ended");
    }

    /** Gives the device its access to the application's memory back, and tells why that failed, if it did. */
    private String attach(Connection application) throws InterruptedException {
        boolean wasDetached = captured && parts.host().isPresent();
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

    @Override
    public void persist(ImageWriter image, SectionWriter host)
            throws RequestFailedException, IOException, InterruptedException {
        Duration limit = waits.persist().plusSeconds(capturedBytes / SLOWEST_BYTES_PER_SECOND);
        Persist request = new Persist(
                image.folder().toString(),
                parts.images().writerThreads(),
                parts.images().compress(),
                ImageKey.told(image.key()),
                image.peers().stream().map(Path::toString).toList());
        image.add(lowerHalf()
                .ask(request, Persisted.class, limit, "the device's memory to be written")
                .sections());
        host.bytes(Section.LOG, log);
    }

    @Override
    public List<JobInfo.Property> measured() {
        return List.of(new JobInfo.Property(CAPTURED_BYTES, Long.toString(capturedBytes)));
    }

    @Override
    public int resources() {
        return resources;
    }

    @Override
    public boolean mayPass(CheckpointState reached, Exception failure) {
        return reached == CheckpointState.RUNNING || reached == CheckpointState.GATED;
    }

    /** What the device says is running, when the gate could not be closed because of it. */
    @Override
    public String detail(CheckpointState reached) {
        Connection lower = parts.halves().lowerHalf().orElse(null);
        if (reached != CheckpointState.RUNNING || lower == null || !asked) {
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

    @Override
    public void undo(CheckpointException why, Timeline timeline)
            throws RequestFailedException, IOException, InterruptedException {
        failure = String.valueOf(why.getMessage());
        try {
            if (captured) {
                discard(why);
            }
            boolean ended = !suspended && parts.halves().application().isEmpty();
            if (asked && !released && !ended) {
                reopen(why, timeline);
            }
        } finally {
            parts.halves().stopExpecting();
        }
    }

    private void reopen(CheckpointException why, Timeline timeline)
            throws RequestFailedException, IOException, InterruptedException {
        if (gated) {
            release(timeline);
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

    private Connection application() throws IOException {
        return parts.halves()
                .welcomed()
                .orElseThrow(() ->
                        new IOException("the application's JVM is not connected: it is still starting or has ended"));
    }

    private Connection lowerHalf() throws IOException {
        return parts.halves().lowerHalf().orElseThrow(() -> new IOException("the proxy is gone"));
    }
}
