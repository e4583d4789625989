package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.control.RequestFailedException;
import dev.cryo.proxy.host.HostStateException;
import dev.cryo.streamlog.image.ImageWriter;
import dev.cryo.streamlog.image.JobInfo;
import dev.cryo.streamlog.image.SectionWriter;
import java.io.IOException;
import java.util.List;

/**
 * An engine's part in a checkpoint: what is done to the application in each of its {@linkplain CheckpointState steps}.
 * Made for one checkpoint and used by its thread; {@link Checkpoint} calls the steps in their order and
 * {@link #undo} after the first one that fails. Each step names in the timeline what it does; the gate tells it when
 * the application begins to stand still, the release when it goes on.
 */
interface Stages {
    /** Brings the application to rest: from here on it asks nothing more of the device. */
    void gate(Timeline timeline) throws IOException, RequestFailedException, InterruptedException;

    /** Waits until the device has done what it was asked, so that the application can be captured. */
    void drain(Timeline timeline) throws IOException, RequestFailedException, InterruptedException;

    /** Captures the state of the application at this moment; that of its processes, if it is dumped, in a folder. */
    void capture(DumpFolder dump, Timeline timeline)
            throws IOException, RequestFailedException, HostStateException, InterruptedException;

    /** Lets the application go on. */
    void release(Timeline timeline) throws IOException, RequestFailedException, InterruptedException;

    /** Writes what was captured into the image, but for the dump's files, which follow in the file {@code host}. */
    void persist(ImageWriter image, SectionWriter host)
            throws IOException, RequestFailedException, InterruptedException;

    /** What the image is to tell of what was captured. */
    List<JobInfo.Property> measured();

    /** How many org.crac resources of the application were called. */
    int resources();

    /**
     * Gives up what was begun and lets an application go on that stands still. What else fails in that is added to the
     * reason.
     *
     * @throws IOException if the application cannot go on
     * @throws RequestFailedException likewise
     */
    void undo(CheckpointException why, Timeline timeline)
            throws IOException, RequestFailedException, InterruptedException;

    /** Whether what failed in a state may succeed later, with nothing changed. */
    boolean mayPass(CheckpointState reached, Exception failure);

    /** What is to be added to the message of a failure; empty for nothing. */
    String detail(CheckpointState reached);
}
