package dev.cryo.lower.managed;

import dev.cryo.streamlog.call.Call;
import dev.cryo.uvm.Span;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** The live unified memory and what was advised about it, whether its shadow is in step or not. Thread-safe. */
final class Allocations {
    private final NavigableMap<Long, Region> regions = new ConcurrentSkipListMap<>();

    /** An allocation in whole pages. */
    static final class Region {
        private final Span span;
        private final long context;
        private final int flags;
        private final Map<Integer, Integer> advice = new ConcurrentHashMap<>();
        private volatile Call.@Nullable ManagedAttach attached;

        Region(Call.ManagedAlloc call) {
            this.span = new Span(call.address(), call.mappedBytes());
            this.context = call.context();
            this.flags = call.flags();
        }

        Span span() {
            return span;
        }

        /** Values by the kind of advice. */
        Map<Integer, Integer> advice() {
            return new HashMap<>(advice);
        }

        int attachFlags() {
            Call.ManagedAttach now = attached;
            return now == null ? flags : now.flags();
        }

        long attachedTo() {
            Call.ManagedAttach now = attached;
            return now == null ? 0 : now.stream();
        }
    }

    Region add(Call.ManagedAlloc call) {
        Region region = new Region(call);
        regions.put(call.address(), region);
        return region;
    }

    @Nullable
    Region remove(long address) {
        return regions.remove(address);
    }

    boolean isEmpty() {
        return regions.isEmpty();
    }

    Collection<Region> all() {
        return regions.values();
    }

    List<Region> of(long context) {
        return regions.values().stream()
                .filter(region -> region.context == context)
                .toList();
    }

    /** The region that begins at an address. */
    Optional<Region> find(long address) {
        return Optional.ofNullable(regions.get(address));
    }

    /** The region that an address lies in. */
    @Nullable
    Region around(long address) {
        Map.Entry<Long, Region> below = regions.floorEntry(address);
        return below != null && address < below.getValue().span().end() ? below.getValue() : null;
    }

    /** Whether a range has an address of a region. */
    boolean meet(Span range) {
        Map.Entry<Long, Region> below = regions.lowerEntry(range.end());
        return below != null && below.getValue().span().meets(range);
    }

    /** Remembers what a call says about a region. */
    void note(Call call) {
        switch (call) {
            case Call.ManagedAdvise it ->
                find(it.address()).ifPresent(region -> region.advice.put(it.kind(), it.value()));
            case Call.ManagedAttach it -> find(it.address()).ifPresent(region -> region.attached = it);
            // All others say nothing about them.
            default -> { }
        }
    }

    /** Gives the regions of a stream that ends the visibility that they had at first. */
    List<Region> detach(long stream) {
        List<Region> detached = regions.values().stream()
                .filter(region -> region.attached != null && region.attachedTo() == stream)
                .toList();
        detached.forEach(region -> region.attached = null);
        return detached;
    }
}
