package dev.cryo.uvm.device;

import dev.cryo.uvm.Handover;
import dev.cryo.uvm.Span;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Unified memory kept in step by page faults. The states of a page and what changes them: {@link Region}.
 *
 * <p>One lock makes every change of pages and every submission of work a step of its own. No thread of the application
 * ever holds it or is waited for while it is held, so that faults are served whatever the application's threads do.
 */
final class PagedMemory implements ManagedMemory, Pager.Service {
    private final ReentrantLock lock = new ReentrantLock();
    private final Span space;
    private final boolean wholeRegions;
    private final Shadow shadow;
    private final Consumer<IOException> failures;
    private final Regions regions = new Regions();
    private final Writers writers = new Writers();
    private final Pager pager;
    private boolean pagerEnded;
    private boolean closed;

    private PagedMemory(Handover handover, Shadow shadow, Consumer<IOException> failures) throws IOException {
        this.space = handover.space();
        this.wholeRegions = handover.wholeRegions();
        this.shadow = shadow;
        this.failures = failures;
        this.pager = new Pager(shadow.faults(), this, failures);
    }

    static PagedMemory open(long pid, Handover handover, DevicePages device, Consumer<IOException> failures)
            throws IOException {
        Shadow shadow = Shadow.takeOver(pid, handover, device);
        try {
            PagedMemory memory = new PagedMemory(handover, shadow, failures);
            memory.pager.start();
            return memory;
        } catch (IOException e) {
            shadow.close();
            throw e;
        }
    }

    @Override
    public void add(Span span, Origin origin) throws IOException {
        lock.lock();
        try {
            requireServing();
            Region region = regions.add(span, space);
            try {
                switch (origin) {
                    case FRESH, DEVICE -> shadow.enter(region);
                    case APPLICATION -> shadow.adopt(region);
                }
            } catch (IOException | RuntimeException e) {
                regions.remove(span);
                throw e;
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void arrived(Span span) {
        // Nothing of a region is sent or brought before the application touches it.
    }

    @Override
    public void drop(Span span) throws IOException {
        lock.lock();
        try {
            requireServing();
            regions.remove(span);
            shadow.remove(span);
            shadow.wake(span);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void submit(Access access, Submission work) throws IOException {
        lock.lock();
        try {
            requireServing();
            Turn turn = new Turn(access.stream());
            regions.visit(access.reads(), access.stream(), shadow::flush);
            regions.visit(
                    access.writes(), access.stream(), (region, first, end) -> surrender(region, first, end, turn));
            writers.add(access.stream(), access.writes(), turn.ended());
            try {
                work.submit(() -> end(turn));
            } catch (RuntimeException e) {
                end(turn);
                throw e;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Gives pages to work that may write them: takes them away, or keeps them to be brought up to date at its end. */
    private void surrender(Region region, int first, int end, Turn turn) throws IOException {
        int away = first;
        for (int from = first; from < end; ) {
            int block = Blocks.of(from);
            int to = Math.min(end, Blocks.firstPage(block + 1));
            if (isKept(region, block, from, to, turn.stream())) {
                shadow.invalidate(region, away, from);
                away = to;
                shadow.flush(region, from, to);
                region.blocks().keep(block, turn);
                turn.kept().add(new Turn.Kept(region, block));
            }
            from = to;
        }
        shadow.invalidate(region, away, end);
    }

    /** Whether pages from {@code first} to before {@code end}, of one block, are kept while work writes them. */
    private boolean isKept(Region region, int block, int first, int end, long stream) {
        int blockEnd = Math.min(region.pages(), Blocks.firstPage(block + 1));
        if (wholeRegions || first != Blocks.firstPage(block) || end != blockEnd) {
            return false;
        }
        Span span = region.span(first, end);
        if (region.blocks().keeper(block) != null) {
            return writers.areOnly(stream, region, span);
        }
        int dirty = region.dirty().nextSetBit(first);
        boolean written = dirty >= 0 && dirty < end;
        return writers.of(region, span).isEmpty()
                && region.blocks().isWorthKeeping(block, region.presentIn(first, end), end - first, written);
    }

    /** Brings up to date what was kept for work that has ended, unless later work has it now. */
    private void end(Turn turn) {
        lock.lock();
        try {
            for (Turn.Kept kept : turn.kept()) {
                Region region = kept.region();
                if (!closed && region.blocks().keeper(kept.block()) == turn && regions.has(region)) {
                    region.blocks().keep(kept.block(), null);
                    int first = Blocks.firstPage(kept.block());
                    refresh(region, first, Math.min(region.pages(), first + Blocks.PAGES));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("pages of unified memory hold old contents", e);
        } finally {
            lock.unlock();
            turn.ended().complete(null);
        }
    }

    private void refresh(Region region, int first, int end) throws IOException {
        try {
            shadow.refresh(region, first, end);
        } catch (IOException e) {
            failures.accept(e);
            shadow.invalidate(region, first, end); // Who wants them gets to know.
        }
    }

    @Override
    public void prefetchToApplication(Span range) {
        lock.lock();
        try {
            requireServing();
            regions.visit(range, (region, first, end) -> {
                for (int from = first; from < end; from += Windows.MOST_PAGES) {
                    Span chunk = region.span(from, Math.min(end, from + Windows.MOST_PAGES));
                    pager.request(new Pager.Prefetch(chunk.address(), chunk.bytes()));
                }
            });
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void prefetchToDevice(Span range) throws IOException {
        lock.lock();
        try {
            requireServing();
            regions.visit(range, shadow::flush);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void adviseReadMostly(Span region, boolean readMostly) {
        lock.lock();
        try {
            regions.at(region).readMostly(readMostly);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public CompletableFuture<Void> attach(Span span, Attachment attachment) {
        lock.lock();
        try {
            Region region = regions.at(span);
            writers.pin(region);
            region.attachment(attachment);
            return CompletableFuture.completedFuture(null); // An access waits by itself.
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<String> waiting() {
        return pager.waiting();
    }

    @Override
    public Pager.Served serve(Pager.Request request) {
        lock.lock();
        try {
            Region region = regions.find(request.address());
            if (region == null) {
                return new Pager.Served.Stray();
            }
            return switch (request) {
                case Pager.Fault fault -> serve(region, fault);
                case Pager.Prefetch(long address, long bytes) -> prefetch(region, new Span(address, bytes));
            };
        } catch (IOException | RuntimeException e) {
            giveUp(request, e);
            return new Pager.Served.Done();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void wake(long address) throws IOException {
        shadow.wake(new Span(address, 1).inPages());
    }

    private Pager.Served serve(Region region, Pager.Fault fault) throws IOException {
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
        boolean soonWritten = wanted == 1 && region.habit().writes(page);
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

    private Pager.Served prefetch(Region region, Span range) throws IOException {
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

    /** A page that cannot be brought must not keep a thread waiting, nor look like one. */
    private void giveUp(Pager.Request request, Exception why) {
        failures.accept(new IOException("cannot serve " + request + " of unified memory", why));
        if (request instanceof Pager.Fault) {
            try {
                shadow.poison(request.address());
            } catch (IOException e) {
                failures.accept(e);
            }
        }
    }

    @Override
    public void suspend(Duration timeout) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!suspendNow()) {
            Writers.await(outstanding(), deadline);
        }
        pager.close();
    }

    /** Sends and brings everything, unless work that may write is outstanding. */
    private boolean suspendNow() throws IOException {
        lock.lock();
        try {
            requireServing();
            if (!writers.of(regions.all()).isEmpty()) {
                return false;
            }
            for (Region region : regions.all()) {
                shadow.flush(region, 0, region.pages());
                shadow.complete(region);
            }
            leaveAll();
            pagerEnded = true;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private List<CompletableFuture<?>> outstanding() {
        lock.lock();
        try {
            return writers.of(regions.all());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Nothing may wait for a fault from now: a garbage collection would wait for it, and the suspension of the
     * application's side for that.
     */
    private void leaveAll() throws IOException {
        try {
            for (Region region : regions.all()) {
                shadow.leave(region);
            }
        } catch (IOException e) {
            for (Region region : regions.all()) {
                shadow.adopt(region);
            }
            throw e;
        }
    }

    private void requireServing() {
        if (pagerEnded || closed) {
            throw new IllegalStateException("unified memory is " + (closed ? "closed" : "suspended"));
        }
    }

    @Override
    public void close() throws IOException {
        boolean runs;
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("unified memory was closed before");
            }
            runs = !pagerEnded;
            closed = true;
        } finally {
            lock.unlock();
        }
        try {
            if (runs) {
                pager.close();
            }
        } finally {
            shadow.close();
        }
    }
}
