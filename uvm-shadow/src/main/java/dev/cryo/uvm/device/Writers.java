package dev.cryo.uvm.device;

import dev.cryo.uvm.Span;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The outstanding device work that may write unified memory. One entry per stream: a stream's work ends in order, so
 * that its latest work stands for all before it. Guarded by its owner's lock.
 */
final class Writers {
    private static final int MOST_SPANS = 64;

    private final Map<Long, Entry> byStream = new HashMap<>();

    private static final class Entry {
        private final long stream;
        private final List<Span> spans = new ArrayList<>();
        private CompletableFuture<?> latest;
        private boolean visible;
        private boolean everything;

        Entry(long stream, CompletableFuture<?> latest) {
            this.stream = stream;
            this.latest = latest;
        }

        void add(Reach reach) {
            switch (reach) {
                case Reach.All() -> visible = true;
                case Reach.Only(List<Span> more) -> add(more);
            }
        }

        void add(List<Span> more) {
            spans.addAll(more);
            if (spans.size() > MOST_SPANS) {
                everything = true; // Waiting for too much is right, only slower.
                spans.clear();
            }
        }

        boolean reaches(Region region, Span range) {
            return everything
                    || visible && region.attachment().isVisibleTo(stream)
                    || spans.stream().anyMatch(range::meets);
        }
    }

    /** Takes note of work that may write. */
    void add(long stream, Reach reach, CompletableFuture<?> work) {
        byStream.values().removeIf(entry -> entry.latest.isDone());
        if (work.isDone() || reach.equals(Reach.NOTHING)) {
            return;
        }
        Entry entry = byStream.computeIfAbsent(stream, id -> new Entry(id, work));
        entry.latest = work;
        entry.add(reach);
    }

    /** The outstanding work that may write a range of a region; empty if there is none. */
    List<CompletableFuture<?>> of(Region region, Span range) {
        List<CompletableFuture<?>> outstanding = List.of();
        for (Entry entry : byStream.values()) {
            if (!entry.latest.isDone() && entry.reaches(region, range)) {
                outstanding = new ArrayList<>(outstanding);
                outstanding.add(entry.latest);
            }
        }
        return outstanding;
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
        for (Entry entry : byStream.values()) {
            if (entry.reaches(region, region.span())) {
                entry.add(List.of(region.span()));
            }
        }
    }
}
