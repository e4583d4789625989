package dev.cryo.uvm.application;

import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.SharedMemory;
import dev.cryo.streamlog.linux.Userfaultfd;
import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.uvm.Handover;
import dev.cryo.uvm.Policy;
import dev.cryo.uvm.Span;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The regions of unified memory in the application's address space: shared memory whose pages another process puts
 * there and takes away.
 *
 * <p>An access to a page that is not there waits until the other process has put it there. This process holds the
 * userfaultfd as well, so that the death of the other process lets no access go on with a page of zeros: it waits until
 * somebody ends this process (see {@link dev.cryo.uvm.PagerWatch}).
 *
 * <p>Thread-safe. One owner closes it; regions that are still mapped are unmapped then.
 */
public final class ShadowMemory implements AutoCloseable {
    private static final String NAME = "cryo-shadow";

    private final Span space;
    private final SharedMemory pages;
    private final boolean wholeRegions;
    private final NavigableMap<Long, Span> regions = new TreeMap<>();
    private @Nullable Userfaultfd faults;
    private boolean suspended;
    private boolean closed;

    private ShadowMemory(Span space, SharedMemory pages, boolean wholeRegions, @Nullable Userfaultfd faults) {
        this.space = space;
        this.pages = pages;
        this.wholeRegions = wholeRegions;
        this.faults = faults;
    }

    /**
     * Makes an empty one.
     *
     * @param space the addresses in which regions can lie, whole pages; memory is used for present pages only
     * @throws LinuxException if userfaultfd is needed and refused here; see {@link Userfaultfd#whyNot}
     */
    public static ShadowMemory open(Span space, Policy policy) throws LinuxException {
        Userfaultfd faults = policy == Policy.EAGER ? null : Userfaultfd.open();
        try {
            SharedMemory pages = SharedMemory.create(NAME, space.bytes());
            return new ShadowMemory(space, pages, policy == Policy.REGIONS, faults);
        } catch (LinuxException e) {
            if (faults != null) {
                faults.close();
            }
            throw e;
        }
    }

    /** What the other process must know. */
    public synchronized Handover handover() {
        return new Handover(pages.descriptor(), faults == null ? -1 : faults.descriptor(), space, wholeRegions);
    }

    /**
     * Maps a region at its address. It must not be accessed before the other process has added it.
     *
     * @param region whole pages of the space
     * @throws LinuxException if something is mapped there
     */
    public synchronized void map(Span region) throws LinuxException {
        requireRunning("map " + region);
        if (!space.covers(region) || !region.equals(region.inPages())) {
            throw new IllegalArgumentException(region + " is not whole pages of " + space);
        }
        long offset = region.address() - space.address();
        VirtualMemory.mapSharedAt(region.address(), pages.descriptor(), offset, region.bytes());
        try {
            VirtualMemory.keepFromForks(region.address(), region.bytes());
        } catch (LinuxException e) {
            VirtualMemory.unmap(region.address(), region.bytes());
            throw e;
        }
        regions.put(region.address(), region);
    }

    /** Unmaps a region. Threads that wait for its pages get their fault when the other process drops it. */
    public synchronized void unmap(Span region) throws LinuxException {
        requireRunning("unmap " + region);
        if (!regions.remove(region.address(), region)) {
            throw new IllegalArgumentException("no region is mapped at " + region);
        }
        VirtualMemory.unmap(region.address(), region.bytes());
    }

    /**
     * Makes this process free of userfaultfd, as a host dump needs it. The other process must have suspended before:
     * then all pages are there, and the regions are plain memory that any thread may go on to use.
     */
    public synchronized void suspend() throws LinuxException {
        requireRunning("suspend");
        suspended = true;
        if (faults != null) {
            faults.close();
            faults = null;
        }
    }

    /**
     * Goes on after {@link #suspend}, in the same process or in one that was restored from its dump. The other
     * process must be given the new {@link #handover} and add the regions again.
     *
     * @param eager whether the other process copies eagerly from now
     * @throws LinuxException if userfaultfd is refused here; this stays suspended, and can be resumed eagerly
     */
    public synchronized void resume(boolean eager) throws LinuxException {
        if (!suspended || closed) {
            throw new IllegalStateException("shadow memory is not suspended");
        }
        if (!eager) {
            faults = Userfaultfd.open();
        }
        suspended = false;
    }

    /**
     * Unmaps everything. Close the other process's side after this one: it lets threads that still wait get their
     * fault.
     */
    @Override
    public synchronized void close() throws LinuxException {
        if (closed) {
            throw new IllegalStateException("shadow memory was closed before");
        }
        closed = true;
        for (Span region : regions.values()) {
            VirtualMemory.unmap(region.address(), region.bytes());
        }
        regions.clear();
        if (faults != null) {
            faults.close();
        }
        pages.close();
    }

    private void requireRunning(String what) {
        if (suspended || closed) {
            String state = closed ? "closed" : "suspended";
            throw new IllegalStateException("cannot " + what + ": shadow memory is " + state);
        }
    }
}
