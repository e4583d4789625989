package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.control.RequestFailedException;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.proxy.supervisor.CheckpointState.Step;
import dev.cryo.streamlog.image.ImageStore;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes one checkpoint of a running job; see {@link CheckpointState} for its steps, which {@link Stages} of the job's
 * engine do. Made for one use, by one thread.
 */
final class Checkpoint {
    /** Property of an image: how long the application stood still for it. */
    static final String PAUSE_NANOS = "pauseNanos";

    private final Stages stages;
    private final Target target;
    private final boolean hold;
    private final Timeline timeline = new Timeline();

    private CheckpointState state = CheckpointState.RUNNING;

    /**
     * Where a checkpoint goes.
     *
     * @param otherwise where a dump goes that memory has no room for
     * @param images how the image is written, and which older ones are kept
     */
    record Target(ImageStore store, JobInfo job, Path otherwise, ImageSettings images) {}

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
     * @param hold whether the application is to stand still afterwards, because it will be ended
     */
    Checkpoint(Stages stages, Target target, boolean hold) {
        this.stages = stages;
        this.target = target;
        this.hold = hold;
    }

    /** Takes it; when this returns, the image is complete. */
    Report take() throws CheckpointException, InterruptedException {
        long start = System.nanoTime();
        try (ImageWriter image = target.store().patient().begin()) {
            return take(image, start);
        } catch (IOException e) {
            throw failed(e);
        } catch (VirtualMachineError e) {
            throw failed(broken(e));
        }
    }

    private Report take(ImageWriter image, long start) throws CheckpointException, IOException, InterruptedException {
        try {
            stages.gate(timeline);
            advance(Step.GATE);
            stages.drain(timeline);
            advance(Step.DRAIN);
            try (DumpFolder dump = new DumpFolder(Scratch.elsewhere(target.otherwise(), image.key()))) {
                save(image, dump);
            }
        } catch (IOException | RequestFailedException | HostStateException | RuntimeException e) {
            throw abort(failed(e)); // A defect of ours must not keep the application standing still either.
        } catch (VirtualMachineError e) {
            throw abort(failed(broken(e)));
        }
        timeline.begin("done");
        long end = System.nanoTime();
        return new Report(
                image.number(),
                target.store().addedBytes(image.number()),
                timeline.pauseNanos(),
                end - start,
                stages.resources(),
                timeline.words());
    }

    private void save(ImageWriter image, DumpFolder dump)
            throws IOException, RequestFailedException, HostStateException, InterruptedException {
        stages.capture(dump, timeline);
        advance(Step.CAPTURE);
        if (!hold) {
            stages.release(timeline);
            advance(Step.RELEASE);
        }
        timeline.begin("writing image " + image.number());
        try (SectionWriter host = image.sections("host", target.images().writing())) {
            stages.persist(image, host);
            for (Path file : dump.files()) {
                host.file(Section.HOST + file.getFileName(), file);
            }
            image.add(host.finish());
        }
        image.commit(describe());
        advance(Step.COMMIT);
    }

    private JobInfo describe() {
        List<JobInfo.Property> measured = new ArrayList<>(stages.measured());
        if (timeline.wentOn()) {
            measured.add(new JobInfo.Property(PAUSE_NANOS, Long.toString(timeline.pauseNanos())));
        }
        return target.job().with(measured);
    }

    private void advance(Step step) {
        state = state.advance(step);
    }

    private CheckpointException failed(Exception cause) {
        String message = "checkpoint failed while " + timeline.doing() + ": "
                + (cause instanceof RuntimeException ? cause.toString() : cause.getMessage())
                + stages.detail(state);
        return stages.mayPass(state, cause)
                ? new CheckpointException.NotAtRest(message, cause)
                : new CheckpointException.NotSaved(message, cause);
    }

    /** Such as for want of memory: what this checkpoint took is given back by its end. */
    private static IOException broken(VirtualMachineError e) {
        return new IOException("the supervisor cannot go on with it: " + e, e);
    }

    /** Lets the application go on as if nothing had been, and gives back what is to be thrown. */
    private CheckpointException abort(CheckpointException why) throws InterruptedException {
        try {
            stages.undo(why, timeline);
        } catch (RequestFailedException | IOException e) {
            CheckpointException fatal = new CheckpointException.NotReleased(
                    why.getMessage() + "; and the application could not go on: " + e.getMessage(), e);
            fatal.addSuppressed(why);
            return fatal;
        } finally {
            advance(Step.ABORT);
        }
        return why;
    }

    /** How far it is. */
    CheckpointState state() {
        return state;
    }
}
