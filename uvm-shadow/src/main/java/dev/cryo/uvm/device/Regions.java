package dev.cryo.uvm.device;

import dev.cryo.uvm.Span;
import java.util.Collection;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The regions by address. Guarded by its owner's lock. */
final class Regions {
    private final NavigableMap<Long, Region> byAddress = new TreeMap<>();

    /** What is done with the pages of a region from one up to, and without, another. */
    interface Visit<E extends Exception> {
        void pages(Region region, int first, int end) throws E;
    }

    Region add(Span span, Span space) {
        if (!space.covers(span) || !span.equals(span.inPages())) {
            throw new IllegalArgumentException(span + " is not whole pages of " + space);
        }
        Map.Entry<Long, Region> before = byAddress.lowerEntry(span.end());
        if (before != null && before.getValue().span().meets(span)) {
            throw new IllegalArgumentException(span + " meets the region " + before.getValue().span());
        }
        Region region = new Region(span);
        byAddress.put(span.address(), region);
        return region;
    }

    Region remove(Span span) {
        Region region = at(span);
        byAddress.remove(span.address());
        return region;
    }

    Region at(Span span) {
        Region region = byAddress.get(span.address());
        if (region == null || !region.span().equals(span)) {
            throw new IllegalArgumentException("no region was added at " + span);
        }
        return region;
    }

    @Nullable Region find(long address) {
        Map.Entry<Long, Region> at = byAddress.floorEntry(address);
        return at == null || at.getValue().span().end() <= address ? null : at.getValue();
    }

    boolean has(Region region) {
        return byAddress.get(region.span().address()) == region;
    }

    Collection<Region> all() {
        return byAddress.values();
    }

    /** Visits what a stream's work reaches. */
    <E extends Exception> void visit(Reach reach, long stream, Visit<E> visit) throws E {
        switch (reach) {
            case Reach.All() -> {
                for (Region region : byAddress.values()) {
                    if (region.attachment().isVisibleTo(stream)) {
                        visit.pages(region, 0, region.pages());
                    }
                }
            }
            case Reach.Only(var spans) -> {
                for (Span span : spans) {
                    visit(span, visit);
                }
            }
        }
    }

    /** Visits what a range has of regions. */
    <E extends Exception> void visit(Span range, Visit<E> visit) throws E {
        Long first = byAddress.floorKey(range.address());
        long from = first == null ? range.address() : first;
        for (Region region : byAddress.subMap(from, range.end()).values()) {
            if (region.span().meets(range)) {
                visit.pages(region, region.firstOf(range), region.endOf(range));
            }
        }
    }
}
