package dev.cryo.upper.cuda;

import dev.cryo.upper.arena.Block;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an address.
 *
 * @param kind of memory
 * @param base where its allocation begins
 * @param bytes the size of its allocation
 */
public record PointerFacts(Kind kind, Context context, long base, long bytes) {
    /** What memory is. */
    public enum Kind {
        /** Device memory. */
        DEVICE,
        /** Page-locked host memory. */
        HOST,
        /** Unified memory. */
        UNIFIED
    }

    /** What is known of an address, or null if it is none that the upper half handed out. */
    public static @Nullable PointerFacts of(Cuda cuda, long address) {
        Block<HostMemory.Locked> locked = cuda.hostMemory().find(address);
        if (locked != null) {
            return new PointerFacts(Kind.HOST, locked.owner().context(), locked.address(), locked.bytes());
        }
        Block<Managed> unified = cuda.unifiedMemory().find(address);
        if (unified != null) {
            Managed facts = unified.owner();
            return new PointerFacts(Kind.UNIFIED, facts.context(), unified.address(), facts.bytes());
        }
        DeviceMemory.Range range = cuda.memory().find(address);
        return range == null
                ? null
                : new PointerFacts(Kind.DEVICE, range.context(), range.address(), range.bytes());
    }

    /** Whether the host can use the address. */
    public boolean isHost() {
        return kind != Kind.DEVICE;
    }
}
