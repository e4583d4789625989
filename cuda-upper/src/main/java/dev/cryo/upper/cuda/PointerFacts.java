package dev.cryo.upper.cuda;

import dev.cryo.upper.arena.Block;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an address.
 *
 * @param isHost whether it is page-locked host memory; else it is device memory
 * @param base where its allocation begins
 * @param bytes the size of its allocation
 */
public record PointerFacts(boolean isHost, Context context, long base, long bytes) {
    /** What is known of an address, or null if it is none that the upper half handed out. */
    public static @Nullable PointerFacts of(Cuda cuda, long address) {
        Block<HostMemory.Locked> locked = cuda.hostMemory().find(address);
        if (locked != null) {
            return new PointerFacts(true, locked.owner().context(), locked.address(), locked.bytes());
        }
        DeviceMemory.Range range = cuda.memory().find(address);
        return range == null ? null : new PointerFacts(false, range.context(), range.address(), range.bytes());
    }
}
