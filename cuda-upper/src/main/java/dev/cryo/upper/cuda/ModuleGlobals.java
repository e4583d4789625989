package dev.cryo.upper.cuda;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** Where the global variables of loaded modules lie. Thread-safe. */
final class ModuleGlobals {
    private final ConcurrentSkipListMap<Long, Range> ranges = new ConcurrentSkipListMap<>();

    /** A range and its context. */
    record Range(long address, long bytes, Context context) {}

    void add(long address, long bytes, Context context) {
        ranges.put(address, new Range(address, bytes, context));
    }

    void remove(long address) {
        ranges.remove(address);
    }

    void removeAll(Context context) {
        ranges.values().removeIf(range -> range.context() == context);
    }

    @Nullable
    Range find(long address) {
        Map.Entry<Long, Range> below = ranges.floorEntry(address);
        return below != null && address - below.getKey() < below.getValue().bytes() ? below.getValue() : null;
    }
}
