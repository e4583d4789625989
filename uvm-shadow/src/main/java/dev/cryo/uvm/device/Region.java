package dev.cryo.uvm.device;

import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.uvm.Span;
import java.util.BitSet;

/**
 * A region and the state of each page of its shadow. Guarded by its owner's lock.
 *
 * <pre>
 *               host reads                     host writes
 *    INVALID ----------------&gt; CLEAN -----------------------&gt; DIRTY
 *       ^                      ^  ^ |                          | |
 *       |                      |  | |     work that may read   | |
 *       |                      |  +-+--------------------------+ |
 *       |  the work has ended  |    |                            |
 *       |                    STALE  | work that may write        |
 *       |                      ^    | (what is dirty is flushed  |
 *       |    in a block that is|    |  first)                    |
 *       |    used as a whole   +----+----------------------------+
 *       |    elsewhere              |
 *       +---------------------------+
 *
 *    state    present dirty kept  the application's page           holds the newest contents
 *    INVALID  0       0     any   missing: an access is told       device
 *    CLEAN    1       0     0     write-protected: a write is told device and shadow, equal
 *    DIRTY    1       1     0     writable                         shadow
 *    STALE    1       0     1     write-protected: a write is told device; the shadow is from before the work
 *
 *    INVALID -&gt; CLEAN    [read fault, prefetch]  once no outstanding work may write the page
 *    INVALID -&gt; DIRTY    [write fault]           the same; contents are fetched, as the write may be to a part; on a
 *                                              read fault too, where {@link Habit} expects a write
 *    CLEAN   -&gt; DIRTY    [write fault]
 *    DIRTY   -&gt; CLEAN    [flush]                 protected first, then copied to the device
 *    CLEAN   -&gt; INVALID  [invalidate]            before work that may write the page
 *    DIRTY   -&gt; INVALID  [flush, then invalidate]
 *    CLEAN   -&gt; STALE    [keep]                  instead, where {@link Blocks} finds it cheaper
 *    DIRTY   -&gt; STALE    [flush, then keep]
 *    STALE   -&gt; CLEAN    [refresh]               behind the work in its stream, before anybody is told of its end
 *    STALE   -&gt; INVALID  [invalidate]            work of another stream may write the page too
 *    STALE   -&gt; STALE    [keep]                  later work of the same stream may write it
 *    STALE, write fault                          waits for the work, then CLEAN -&gt; DIRTY
 * </pre>
 *
 * Invariants: (1) dirty pages are present; (2) a page that is present and not kept is written by no outstanding device
 * work, one that is kept by work of one stream; (3) a page that is present and not dirty is write-protected; (4) every
 * change is made by the owner with its lock held, so that a page's state here is never behind what the application can
 * do to it.
 */
final class Region {
    private final Span span;
    private final BitSet present = new BitSet();
    private final BitSet dirty = new BitSet();
    private final Blocks blocks;
    private final Windows reads = new Windows();
    private final Windows writes = new Windows();
    private final Habit habit = new Habit(this);
    private Attachment attachment = new Attachment.Global();
    private boolean readMostly;

    Region(Span span) {
        this.span = span;
        this.blocks = new Blocks(pages());
    }

    Span span() {
        return span;
    }

    int pages() {
        return (int) (span.bytes() / VirtualMemory.PAGE_BYTES);
    }

    long address(int page) {
        return span.address() + page * VirtualMemory.PAGE_BYTES;
    }

    Span span(int first, int end) {
        return new Span(address(first), (end - first) * VirtualMemory.PAGE_BYTES);
    }

    int page(long address) {
        return (int) ((address - span.address()) / VirtualMemory.PAGE_BYTES);
    }

    /** The first page that a range, which meets this region, has of it. */
    int firstOf(Span range) {
        return page(Math.max(range.address(), span.address()));
    }

    /** The page after the last that a range, which meets this region, has of it. */
    int endOf(Span range) {
        return page(Math.min(range.end(), span.end()) - 1) + 1;
    }

    BitSet present() {
        return present;
    }

    /** How many pages of a range have their bit set. */
    static int count(BitSet bits, int first, int end) {
        int count = 0;
        for (int from = bits.nextSetBit(first); from >= 0 && from < end; ) {
            int to = Math.min(end, bits.nextClearBit(from));
            count += to - from;
            from = bits.nextSetBit(to);
        }
        return count;
    }

    BitSet dirty() {
        return dirty;
    }

    Blocks blocks() {
        return blocks;
    }

    Windows reads() {
        return reads;
    }

    Windows writes() {
        return writes;
    }

    Habit habit() {
        return habit;
    }

    Attachment attachment() {
        return attachment;
    }

    void attachment(Attachment to) {
        attachment = to;
    }

    boolean readMostly() {
        return readMostly;
    }

    void readMostly(boolean now) {
        readMostly = now;
    }
}
