package dev.cryo.uvm.device;

import dev.cryo.uvm.Handover;
import dev.cryo.uvm.Span;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Unified memory kept in step by page faults. The states of a page and what changes them: {@link Region}; what a fault
 * does: {@link Faulting}; what a launch does: {@link Keeping}.
 *
 * <p>One lock makes every change of pages and every submission of work a step of its own. No thread of the application
 * ever holds it or is waited for while it is held, so that faults are served whatever the application's threads do.
 */
final class PagedMemory implements ManagedMemory, Pager.Service {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final ReentrantLock lock = new ReentrantLock();
    private final Span space;
    private final Shadow shadow;
    private final Consumer<IOException> failures;
    private final Regions regions = new Regions();
    private final Writers writers = new Writers();
    private final Keeping keeping;
    private final Faulting faulting;
    private final Pager pager;
    /** The regions of which a thread waits for a page although the work has ended that it waited for at first. */
    private final Set<Region> starving = new HashSet<>();
    private final Condition served = lock.newCondition();
    /** Belongs to the thread that submits. */
    private long questions;
    private boolean pagerEnded;
    private boolean closed;

    private PagedMemory(Handover handover, Shadow shadow, Consumer<IOException> failures) throws IOException {
        this.space = handover.space();
        this.shadow = shadow;
        this.failures = failures;
        this.keeping = new Keeping(regions, writers, shadow, handover.wholeRegions(), failures);
        this.faulting = new Faulting(writers, shadow, handover.wholeRegions());
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
            fed(regions.remove(span));
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
            awaitStarving(access);
            requireServing();
            Turn turn = new Turn(access.stream(), questions);
            // First what is written: what was changed of it tells how it is used, and a flush makes that forgotten.
            regions.visit(
                    access.writes(),
                    access.stream(),
                    (region, first, end) -> keeping.surrender(region, first, end, turn));
            regions.visit(access.reads(), access.stream(), shadow::flush);
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

    /** Work that is never all over would keep a page from who waits for it: then new work waits for him a while. */
    private void awaitStarving(Access access) {
        long left = PATIENCE_NANOS;
        try {
            while (left > 0 && !starving.isEmpty() && reachesStarving(access)) {
                left = served.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean reachesStarving(Access access) {
        Set<Region> reached = new HashSet<>();
        regions.visit(access.writes(), access.stream(), (region, first, end) -> reached.add(region));
        reached.retainAll(starving);
        return !reached.isEmpty();
    }

    @Override
    public void asked() {
        questions++;
    }

    /** On any thread; by the device, behind the work in its stream. */
    private void end(Turn turn) {
        lock.lock();
        try {
            if (!closed) {
                keeping.end(turn);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("pages of unified memory hold old contents", e);
        } finally {
            lock.unlock();
            turn.ended().complete(null);
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
                case Pager.Prefetch(long address, long bytes) -> faulting.prefetch(region, new Span(address, bytes));
            };
        } catch (IOException | RuntimeException e) {
            giveUp(request, e);
            return new Pager.Served.Done();
        } finally {
            lock.unlock();
        }
    }

    private Pager.Served serve(Region region, Pager.Fault fault) throws IOException {
        Pager.Served outcome = faulting.serve(region, fault);
        if (fault.waited()) {
            switch (outcome) {
                case Pager.Served.After after -> starving.add(region);
                case Pager.Served.Done done -> fed(region);
                case Pager.Served.Stray stray -> fed(region);
            }
        }
        return outcome;
    }

    private void fed(Region region) {
        if (starving.remove(region)) {
            served.signalAll();
        }
    }

    @Override
    public void wake(long address) throws IOException {
        shadow.wake(new Span(address, 1).inPages());
    }

    /** A page that cannot be brought must not keep a thread waiting, nor look like one. */
    private void giveUp(Pager.Request request, Exception why) {
        failures.accept(new IOException("cannot serve " + request + " of unified memory", why));
        starving.clear();
        served.signalAll();
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
