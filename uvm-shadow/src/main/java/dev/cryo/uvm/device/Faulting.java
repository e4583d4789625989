package dev.cryo.uvm.device;

import dev.cryo.uvm.Span;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Which pages are brought or released, and when, for a fault or a prefetch. Guarded by its owner's lock. */
final class Faulting {
    private final Writers writers;
    private final Shadow shadow;
    private final boolean wholeRegions;

    Faulting(Writers writers, Shadow shadow, boolean wholeRegions) {
        this.writers = writers;
        this.shadow = shadow;
        this.wholeRegions = wholeRegions;
    }

    Pager.Served serve(Region region, Pager.Fault fault) throws IOException {
        int page = region.page(fault.address());
        if (region.present().get(page)) {
            Turn keeper = region.blocks().keeper(Blocks.of(page));
            if (fault.write() && keeper != null) {
                return new Pager.Served.After(List.of(keeper.ended()));
            }
            if (fault.write() && wholeRegions) {
                releasePresent(region);
            } else if (fault.write()) {
                release(region, page);
            } else {
                shadow.wake(region.span(page, page + 1)); // Another thread's fault has brought it meanwhile.
            }
            return new Pager.Served.Done();
        }
        List<CompletableFuture<?>> outstanding =
                writers.of(region, wholeRegions ? region.span() : region.span(page, page + 1));
        if (!outstanding.isEmpty()) {
            return new Pager.Served.After(outstanding);
        }
        if (wholeRegions) {
            fetchMissing(region, 0, region.pages(), fault.write());
        } else {
            fetch(region, page, fault.write());
        }
        return new Pager.Served.Done();
    }

    private void fetch(Region region, int page, boolean write) throws IOException {
        Windows windows = write ? region.writes() : region.reads();
        int wanted = Math.max(windows.open(page), region.readMostly() && !write ? Windows.MOST_PAGES : 1);
        int end = Math.min(region.pages(), page + wanted);
        int present = region.present().nextSetBit(page);
        if (present >= 0) {
            end = Math.min(end, present);
        }
        if (end - page > 1 && !writers.of(region, region.span(page, end)).isEmpty()) {
            end = page + 1;
        }
        boolean soonWritten = !write && wanted == 1 && region.habit().writes(page);
        shadow.fetch(region, page, end, write || soonWritten);
        windows.expect(region.present().nextClearBit(end));
    }

    private void release(Region region, int page) throws IOException {
        int wanted = region.writes().open(page);
        if (wanted == 1) {
            region.habit().written();
        }
        int end = Math.min(page + wanted, region.present().nextClearBit(page));
        end = region.blocks().firstKept(page, end);
        int dirty = region.dirty().nextSetBit(page + 1);
        if (dirty >= 0) {
            end = Math.min(end, dirty);
        }
        shadow.release(region, page, end);
        region.writes().expect(region.dirty().nextClearBit(end));
    }

    private void releasePresent(Region region) throws IOException {
        for (int from = region.present().nextSetBit(0); from >= 0; ) {
            int to = region.present().nextClearBit(from);
            shadow.release(region, from, to);
            from = region.present().nextSetBit(to);
        }
    }

    Pager.Served prefetch(Region region, Span range) throws IOException {
        int end = region.endOf(range);
        int first = region.present().nextClearBit(region.firstOf(range));
        if (first >= end) {
            return new Pager.Served.Done();
        }
        List<CompletableFuture<?>> outstanding = writers.of(region, region.span(first, end));
        if (!outstanding.isEmpty()) {
            return new Pager.Served.After(outstanding);
        }
        fetchMissing(region, first, end, false);
        return new Pager.Served.Done();
    }

    private void fetchMissing(Region region, int first, int end, boolean write) throws IOException {
        for (int from = region.present().nextClearBit(first); from < end; ) {
            int present = region.present().nextSetBit(from);
            int to = Math.min(Math.min(end, from + Windows.MOST_PAGES), present < 0 ? end : present);
            shadow.fetch(region, from, to, write);
            from = region.present().nextClearBit(to);
        }
    }
}
