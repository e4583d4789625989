package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.Slabs;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.WrittenPages;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which slabs of device memory were written since a capture was stored. Where the kernel does not tell, all were.
 * Guarded by its owner's lock.
 */
final class ChangedMemory implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");

    private final Optional<WrittenPages> pages;
    private final Set<Long> changed = new HashSet<>();
    /** Memory that is new since then is all changed. */
    private final Set<Long> watched = new HashSet<>();

    ChangedMemory() {
        pages = open();
    }

    private static Optional<WrittenPages> open() {
        try {
            return WrittenPages.open();
        } catch (LinuxException e) {
            LOG.log(System.Logger.Level.INFO, "images hash all of device memory: {0}", e.getMessage());
            return Optional.empty();
        }
    }

    /** Takes fresh memory, in whole slabs, under watch. */
    void begin(LowerHalf.Range slabs) throws LinuxException {
        if (pages.isPresent()) {
            pages.get().watch(slabs.address(), slabs.bytes());
            each(slabs, slab -> {
                watched.add(slab);
                changed.add(slab);
            });
        }
    }

    /** Forgets memory that is given back. */
    void end(LowerHalf.Range slabs) {
        each(slabs, watched::remove);
    }

    /** Looks what was written of the live slabs, and returns all that was changed since a capture was stored. */
    Set<Long> look(List<LowerHalf.Range> ranges) throws LinuxException {
        if (pages.isPresent()) {
            for (LowerHalf.Range range : ranges) {
                long from = range.address() / Slabs.BYTES * Slabs.BYTES;
                long to = Math.ceilDiv(range.address() + range.bytes(), Slabs.BYTES) * Slabs.BYTES;
                pages.get().take(from, to - from, (address, bytes) ->
                        each(new LowerHalf.Range(address, bytes), changed::add));
            }
        }
        return Set.copyOf(changed);
    }

    /** Takes what was written of a slab up to now for no change. */
    void forget(long slab) throws LinuxException {
        if (pages.isPresent() && watched.contains(slab)) {
            pages.get().take(slab * Slabs.BYTES, Slabs.BYTES, (address, bytes) -> { });
        }
    }

    /** Whether a part of memory is known not to be among what was changed. */
    boolean isUnchanged(Set<Long> since, long address, long bytes) {
        for (long slab = address / Slabs.BYTES; slab <= (address + bytes - 1) / Slabs.BYTES; slab++) {
            if (!watched.contains(slab) || since.contains(slab)) {
                return false;
            }
        }
        return true;
    }

    /** What was changed up to the last look is stored. */
    void stored() {
        changed.clear();
    }

    private static void each(LowerHalf.Range range, java.util.function.LongConsumer slabs) {
        for (long slab = range.address() / Slabs.BYTES;
                slab <= (range.address() + range.bytes() - 1) / Slabs.BYTES;
                slab++) {
            slabs.accept(slab);
        }
    }

    @Override
    public void close() {
        pages.ifPresent(open -> {
            try {
                open.close();
            } catch (LinuxException e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
