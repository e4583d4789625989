package dev.cryo.uvm.device;

import dev.cryo.streamlog.linux.SharedMemory;
import dev.cryo.streamlog.linux.Userfaultfd;
import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.uvm.Handover;
import dev.cryo.uvm.Span;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/**
 * The application's shadow pages in the hands of this process: every change of a page's state is one of these
 * operations. Guarded by its owner's lock.
 */
final class Shadow implements AutoCloseable {
    private static final long PAGE_BYTES = VirtualMemory.PAGE_BYTES;
    private static final long CHUNK_BYTES = Windows.MOST_PAGES * PAGE_BYTES;

    /** Runs of pages nearer to each other than this are removed in one step: passing over nothing is cheap. */
    private static final int NEAR_PAGES = 512;

    private final Span space;
    private final DevicePages device;
    private final SharedMemory memory;
    private final Userfaultfd faults;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(CHUNK_BYTES, PAGE_BYTES);
    private final MemorySegment zeros = arena.allocate(CHUNK_BYTES, PAGE_BYTES);

    private Shadow(Span space, DevicePages device, SharedMemory memory, Userfaultfd faults) {
        this.space = space;
        this.device = device;
        this.memory = memory;
        this.faults = faults;
    }

    static Shadow takeOver(long pid, Handover handover, DevicePages device) throws IOException {
        Userfaultfd faults = Userfaultfd.takeOver(pid, handover.faults());
        try {
            Span space = handover.space();
            SharedMemory memory = SharedMemory.open(pid, handover.memory(), space.bytes());
            return new Shadow(space, device, memory, faults);
        } catch (IOException e) {
            faults.close();
            throw e;
        }
    }

    Userfaultfd faults() {
        return faults;
    }

    /** Makes the application's accesses to a region tell of themselves; it is all INVALID then. */
    void enter(Region region) throws IOException {
        remove(region.span());
        faults.register(region.span().address(), region.span().bytes());
    }

    /** INVALID to CLEAN, or to DIRTY if {@code writable}: brings missing pages, at most {@link Windows#MOST_PAGES}. */
    void fetch(Region region, int first, int end, boolean writable) throws IOException {
        Span range = region.span(first, end);
        MemorySegment contents = device.read(range.address(), range.bytes(), buffer);
        long done = 0;
        long removed = -1;
        while (done < range.bytes()) {
            Userfaultfd.Copied copied = faults.copy(
                    range.address() + done, contents.address() + done, range.bytes() - done, !writable);
            int from = region.page(range.address() + done);
            done += copied.bytes();
            int to = region.page(range.address() + done);
            region.present().set(from, to);
            region.dirty().set(from, to, writable);
            switch (copied.outcome()) {
                case DONE -> {}
                case OCCUPIED -> {
                    if (removed == done) {
                        throw new IOException("the page at 0x" + Long.toHexString(range.address() + done)
                                + " of unified memory is there although nobody brought it");
                    }
                    // A page that somebody made by writing to the shared memory itself. The device's is the truth.
                    VirtualMemory.removeShared(here(range.address() + done), PAGE_BYTES);
                    removed = done;
                }
                case UNMAPPED, GONE -> {
                    wake(range);
                    return;
                }
            }
        }
    }

    /** CLEAN to DIRTY: lets the application write present pages. */
    void release(Region region, int first, int end) throws IOException {
        Span range = region.span(first, end);
        region.dirty().set(first, end);
        faults.writeProtect(range.address(), range.bytes(), false);
    }

    /** DIRTY to CLEAN: sends what the application has written to the device. */
    void flush(Region region, int first, int end) throws IOException {
        for (int from = region.dirty().nextSetBit(first); from >= 0 && from < end; ) {
            int to = Math.min(end, region.dirty().nextClearBit(from));
            Span run = region.span(from, to);
            // Protected first: a write before this is copied, a write after it waits until the page is clean.
            faults.writeProtect(run.address(), run.bytes(), true);
            device.write(run.address(), VirtualMemory.at(here(run.address()), run.bytes()));
            region.dirty().clear(from, to);
            from = region.dirty().nextSetBit(to);
        }
    }

    /** STALE to CLEAN: copies over the present pages of a range what the device has there now. */
    void refresh(Region region, int first, int end) throws IOException {
        for (int from = region.present().nextSetBit(first); from >= 0 && from < end; ) {
            int to = Math.min(end, region.present().nextClearBit(from));
            Span run = region.span(from, to);
            MemorySegment contents = device.read(run.address(), run.bytes(), buffer);
            MemorySegment.copy(contents, 0, VirtualMemory.at(here(run.address()), run.bytes()), 0, run.bytes());
            from = region.present().nextSetBit(to);
        }
    }

    /** CLEAN and DIRTY to INVALID: sends what was written and takes the pages away. */
    void invalidate(Region region, int first, int end) throws IOException {
        flush(region, first, end);
        // All that is present is protected now: no write can come between.
        for (int from = region.present().nextSetBit(first); from >= 0 && from < end; ) {
            int to = Math.min(end, region.present().nextClearBit(from));
            int next = region.present().nextSetBit(to);
            while (next >= 0 && next < end && next - to < NEAR_PAGES) {
                to = Math.min(end, region.present().nextClearBit(next));
                next = region.present().nextSetBit(to);
            }
            remove(region.span(from, to));
            region.present().clear(from, to);
            from = next;
        }
    }

    /**
     * Takes the application's contents over: CLEAN where they are the device's, else DIRTY. Pages that are zeros on
     * both sides without having been used stay INVALID.
     */
    void adopt(Region region) throws IOException {
        faults.register(region.span().address(), region.span().bytes());
        faults.writeProtect(region.span().address(), region.span().bytes(), true);
        // What is missing now comes by a fault, which waits: no page appears while the contents are compared.
        BitSet held = held(region);
        region.present().clear();
        region.dirty().clear();
        for (int first = 0; first < region.pages(); first += Windows.MOST_PAGES) {
            int end = Math.min(region.pages(), first + Windows.MOST_PAGES);
            MemorySegment theirs = device.read(region.address(first), region.span(first, end).bytes(), buffer);
            for (int page = first; page < end; page++) {
                MemorySegment contents = theirs.asSlice(region.address(page) - region.address(first), PAGE_BYTES);
                if (held.get(page) || !isZero(contents)) {
                    region.present().set(page);
                    MemorySegment ours = VirtualMemory.at(here(region.address(page)), PAGE_BYTES);
                    region.dirty().set(page, contents.mismatch(ours) >= 0);
                }
            }
        }
        // Who was stopped at a page that is there now.
        wake(region.span());
        for (int dirty = region.dirty().nextSetBit(0); dirty >= 0; ) {
            int end = region.dirty().nextClearBit(dirty);
            release(region, dirty, end);
            dirty = region.dirty().nextSetBit(end);
        }
    }

    /** The pages of a region that the shared memory has. */
    private BitSet held(Region region) throws IOException {
        BitSet held = new BitSet();
        long base = region.span().address() - space.address();
        SharedMemory.Extent extent = memory.extent(base);
        while (extent != null && extent.from() < base + region.span().bytes()) {
            held.set(
                    (int) (Math.max(0, extent.from() - base) / PAGE_BYTES),
                    (int) Math.min(region.pages(), (extent.to() - base) / PAGE_BYTES));
            extent = memory.extent(extent.to());
        }
        return held;
    }

    /**
     * INVALID to CLEAN for all pages that are not zeros on the device. Those that are, and are missing, will be read as
     * zeros once nobody tells of it any more.
     */
    void complete(Region region) throws IOException {
        for (int first = 0; first < region.pages(); first += Windows.MOST_PAGES) {
            int end = Math.min(region.pages(), first + Windows.MOST_PAGES);
            if (region.present().nextClearBit(first) < end) {
                BitSet wanted = missing(region, first, end);
                for (int from = wanted.nextSetBit(0); from >= 0; ) {
                    int to = wanted.nextClearBit(from);
                    fetch(region, first + from, first + to, false);
                    from = wanted.nextSetBit(to);
                }
            }
        }
    }

    /** Which pages of a range, counted from its first, are missing and not zeros on the device. */
    private BitSet missing(Region region, int first, int end) throws IOException {
        MemorySegment contents = device.read(region.address(first), region.span(first, end).bytes(), buffer);
        BitSet missing = new BitSet();
        if (!isZero(contents)) {
            for (int page = region.present().nextClearBit(first); page < end; ) {
                long at = region.address(page) - region.address(first);
                missing.set(page - first, !isZero(contents.asSlice(at, PAGE_BYTES)));
                page = region.present().nextClearBit(page + 1);
            }
        }
        return missing;
    }

    private boolean isZero(MemorySegment contents) {
        return contents.mismatch(zeros.asSlice(0, contents.byteSize())) < 0;
    }

    /** Lets the application access a {@linkplain #complete complete} region without telling of it any more. */
    void leave(Region region) throws IOException {
        release(region, 0, region.pages());
        // Now, not when the last holder closes: a frozen fork of this process holds the descriptor for its life.
        faults.unregister(region.span().address(), region.span().bytes());
    }

    /** Takes pages away whatever is in them. */
    void remove(Span range) throws IOException {
        VirtualMemory.removeShared(here(range.address()), range.bytes());
    }

    void wake(Span range) throws IOException {
        faults.wake(range.address(), range.bytes());
    }

    /** Makes the application's access to a missing page a bus error. */
    void poison(long address) throws IOException {
        faults.poison(address, PAGE_BYTES);
    }

    private long here(long address) {
        return memory.address() + (address - space.address());
    }

    @Override
    public void close() throws IOException {
        try (arena) {
            faults.close();
        } finally {
            memory.close();
        }
    }
}
