package dev.cryo.uvm.device;

import dev.cryo.uvm.Span;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The outstanding device work that may write unified memory. Guarded by its owner's lock.
 *
 * <p>Work is known by what it may write, so that a page waits for what may write it and not for all that its stream was
 * given later: a stream that is never empty would keep it waiting for ever. Work in a row of one stream that may write
 * the same counts as one piece, which ends with the last.
 */
final class Writers {
    /** By stream, oldest first: the work of a stream ends in order. */
    private final Map<Long, Deque<Work>> byStream = new HashMap<>();

    /** Work of one reach, one or several pieces in a row. */
    private static final class Work {
        private final long stream;
        private final Reach reach;
        private final Set<Span> pinned = new HashSet<>();
        private CompletableFuture<?> end;

        Work(long stream, Reach reach, CompletableFuture<?> end) {
            this.stream = stream;
            this.reach = reach;
            this.end = end;
        }

        boolean reaches(Region region, Span range) {
            boolean now =
                    switch (reach) {
                        case Reach.All() -> region.attachment().isVisibleTo(stream);
                        case Reach.Only(List<Span> spans) -> spans.stream().anyMatch(range::meets);
                    };
            return now || pinned.stream().anyMatch(range::meets);
        }
    }

    /** Takes note of work that may write. */
    void add(long stream, Reach reach, CompletableFuture<?> end) {
        forgetEnded();
        if (end.isDone() || reach.equals(Reach.NOTHING)) {
            return;
        }
        Deque<Work> before = byStream.computeIfAbsent(stream, id -> new ArrayDeque<>());
        Work last = before.peekLast();
        if (last != null && last.reach.equals(reach) && last.pinned.isEmpty()) {
            last.end = end;
        } else {
            before.addLast(new Work(stream, reach, end));
        }
    }

    private void forgetEnded() {
        for (Deque<Work> works : byStream.values()) {
            while (!works.isEmpty() && works.getFirst().end.isDone()) {
                works.removeFirst();
            }
        }
        byStream.values().removeIf(Deque::isEmpty);
    }

    /** The outstanding work that may write a range of a region, the last of each stream; empty if there is none. */
    List<CompletableFuture<?>> of(Region region, Span range) {
        List<CompletableFuture<?>> outstanding = new ArrayList<>();
        for (Deque<Work> works : byStream.values()) {
            for (Iterator<Work> latest = works.descendingIterator(); latest.hasNext(); ) {
                Work work = latest.next();
                if (!work.end.isDone() && work.reaches(region, range)) {
                    outstanding.add(work.end);
                    break;
                }
            }
        }
        return outstanding;
    }

    /** Whether no work of another stream is outstanding that may write a range of a region. */
    boolean areOnly(long stream, Region region, Span range) {
        return byStream.values().stream()
                .flatMap(Deque::stream)
                .allMatch(work -> work.stream == stream || work.end.isDone() || !work.reaches(region, range));
    }

    /** The outstanding work that may write regions. */
    List<CompletableFuture<?>> of(Collection<Region> regions) {
        List<CompletableFuture<?>> outstanding = new ArrayList<>();
        for (Region region : regions) {
            outstanding.addAll(of(region, region.span()));
        }
        return outstanding;
    }

    /** Waits until work has ended; the owner's lock must not be held. */
    static void await(List<CompletableFuture<?>> work, long deadline) throws IOException, InterruptedException {
        try {
            Object unused = CompletableFuture.allOf(work.toArray(CompletableFuture<?>[]::new))
                    .handle((nothing, failure) -> nothing)
                    .get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException("work that may write unified memory still runs", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Keeps a region in the reach of the work that reaches it now, whatever it will be attached to. */
    void pin(Region region) {
        for (Deque<Work> works : byStream.values()) {
            for (Work work : works) {
                if (work.reaches(region, region.span())) {
                    work.pinned.add(region.span());
                }
            }
        }
    }
}
