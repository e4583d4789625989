package dev.cryo.uvm.device;

import dev.cryo.uvm.Handover;
import dev.cryo.uvm.Span;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Unified memory as the lower half keeps it in step with the application's shadow of it.
 *
 * <p>All device work that may touch unified memory, copies and sets included, is handed to the device by {@link
 * #submit}. Thread-safe. Every operation but {@link #suspend} returns without waiting for the device.
 */
public sealed interface ManagedMemory extends AutoCloseable permits PagedMemory, EagerMemory {
    /** What a region's pages hold when it is added. */
    enum Origin {
        /** Nothing: what it holds is not defined yet. The device's memory comes before {@link #arrived}. */
        FRESH,
        /** The device's memory holds the contents; the application has not used the region. */
        DEVICE,
        /** Both hold contents, and where they differ the application's are newer: a region that was suspended. */
        APPLICATION
    }

    /**
     * Takes the application's shadow memory over: by page faults, or eagerly if the application has none.
     *
     * @param pid the application's process id, as this process sees it
     * @param failures is told what goes wrong in serving a page, on the pager's thread; the application's access gets a
     *     bus error
     * @throws IOException if this process may not have the application's descriptors
     */
    static ManagedMemory open(long pid, Handover handover, DevicePages device, Consumer<IOException> failures)
            throws IOException {
        return handover.faults() < 0
                ? EagerMemory.open(pid, handover, device)
                : PagedMemory.open(pid, handover, device, failures);
    }

    /** Takes in a region that the application has mapped. The device's memory must be there, unless it is fresh. */
    void add(Span region, Origin origin) throws IOException;

    /** Says, before the application is told, that the device's memory of a fresh region is there. */
    void arrived(Span region);

    /** Forgets a region that the application has unmapped. The device's memory must still be there. */
    void drop(Span region) throws IOException;

    /**
     * Hands work to the device in such a way that it sees what the application has written before, and that the
     * application sees what it will write.
     *
     * @throws IOException if the shadow cannot be brought to the device; the work was not submitted
     */
    void submit(Access access, Submission work) throws IOException;

    /**
     * Says that the application may learn of the end of the work submitted so far apart from that of later work: an
     * event is recorded, a stream is waited for. Called by the thread that submits.
     */
    void asked();

    /** Brings a range to the application as soon as the work that may write it has ended. */
    void prefetchToApplication(Span range) throws IOException;

    /** Sends what the application has written in a range to the device. */
    void prefetchToDevice(Span range) throws IOException;

    /** Says that a region is seldom written: more is brought per fault. */
    void adviseReadMostly(Span region, boolean readMostly);

    /**
     * Says which work may touch a region. Work that was submitted before keeps what it had.
     *
     * @return when the application may be told that it is attached: when the work has ended that it is taken from
     */
    CompletableFuture<Void> attach(Span region, Attachment attachment);

    /** The pages that threads of the application wait for, and why, in words. */
    List<String> waiting();

    /**
     * Sends everything the application has written to the device, brings every page to the application, and ends the
     * service. This must be closed then, and the application's side {@linkplain
     * dev.cryo.uvm.application.ShadowMemory#suspend suspended}. The device should be drained before.
     *
     * @param timeout how long to wait for work that may still write
     */
    void suspend(Duration timeout) throws IOException, InterruptedException;

    /** Gives up the application's memory and descriptors. Threads that wait for a page go on waiting. */
    @Override
    void close() throws IOException;
}
