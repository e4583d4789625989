package dev.cryo.proxy.host;

import dev.cryo.proxy.host.PagesImage.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Which pages of a process are not in its memory yet, and where their contents lie. For one thread. */
final class AbsentPages {
    static final long PAGE_BYTES = 4096;

    private final TreeMap<Long, Run> runs = new TreeMap<>();
    private final int blockBytes;

    /** All of these. */
    AbsentPages(Iterable<Run> all, int blockBytes) {
        this.blockBytes = blockBytes;
        all.forEach(run -> runs.put(run.address(), run));
    }

    /** The same of a process that has just been forked. */
    AbsentPages copy() {
        return new AbsentPages(runs.values(), blockBytes);
    }

    boolean isEmpty() {
        return runs.isEmpty();
    }

    long bytes() {
        return runs.values().stream().mapToLong(Run::bytes).sum();
    }

    /** The one with the lowest address. */
    long first() {
        return runs.firstKey();
    }

    /** The run that an address is in. */
    Optional<Run> at(long address) {
        Map.Entry<Long, Run> entry = runs.floorEntry(address);
        return entry != null && address < entry.getValue().end() ? Optional.of(entry.getValue()) : Optional.empty();
    }

    /** The address of the next absent page at or behind a page that is not absent; at most {@code end}. */
    long next(long address, long end) {
        Long next = runs.ceilingKey(address);
        return next == null ? end : Math.min(next, end);
    }

    /** What lies in the same block of a file as an absent page, that page's part first. */
    List<Run> withItsBlock(long address) {
        Run run = at(address).orElseThrow(() -> new IllegalArgumentException("nothing is absent at " + address));
        long block = (run.offset() + address - run.address()) / blockBytes;
        List<Run> found = new ArrayList<>(List.of(inBlock(run, block)));
        // Files are in the order of addresses, so the others are beside it.
        for (Run next : runs.headMap(run.address(), false).descendingMap().values()) {
            if (!isIn(next, run.file(), block)) {
                break;
            }
            found.add(inBlock(next, block));
        }
        for (Run next : runs.tailMap(run.address(), false).values()) {
            if (!isIn(next, run.file(), block)) {
                break;
            }
            found.add(inBlock(next, block));
        }
        return found;
    }

    private boolean isIn(Run run, String file, long block) {
        return run.file().equals(file)
                && run.offset() / blockBytes <= block
                && (run.offset() + run.bytes() - 1) / blockBytes >= block;
    }

    private Run inBlock(Run run, long block) {
        long start = run.address() - run.offset(); // where the file would begin
        return run.part(
                Math.max(run.address(), start + block * blockBytes),
                Math.min(run.end(), start + (block + 1) * blockBytes));
    }

    /** Forgets what lies in a range. */
    void remove(long from, long end) {
        List<Run> unused = take(from, end);
    }

    void clear() {
        runs.clear();
    }

    /** What lay at one place lies at another now, where nothing is absent otherwise. */
    void move(long from, long to, long bytes) {
        List<Run> moved = take(from, from + bytes);
        remove(to, to + bytes);
        moved.forEach(run -> runs.put(run.address() - from + to, run.at(run.address() - from + to)));
    }

    private List<Run> take(long from, long end) {
        List<Run> taken = new ArrayList<>();
        List<Run> touched = new ArrayList<>(runs.subMap(from, end).values());
        Map.Entry<Long, Run> before = runs.lowerEntry(from);
        if (before != null && before.getValue().end() > from) {
            touched.add(before.getValue());
        }
        for (Run run : touched) {
            runs.remove(run.address());
            if (run.address() < from) {
                runs.put(run.address(), run.part(run.address(), from));
            }
            if (run.end() > end) {
                runs.put(end, run.part(end, run.end()));
            }
            taken.add(run.part(Math.max(run.address(), from), Math.min(run.end(), end)));
        }
        return taken;
    }
}
