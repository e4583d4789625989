package dev.cryo.lower.ptx;

import java.util.List;

/**
 * Through which of its parameters a kernel may access global memory, found without running it. What is not named here
 * is certainly not accessed.
 *
 * @param readAt offsets in the parameter block of 64-bit values that addresses of loads may be computed from, in any
 *     way, ascending
 * @param writtenAt the same for stores and atomics
 * @param readsManaged whether there are loads from managed variables that the kernel names
 * @param writesManaged whether there are such stores and atomics
 * @param readsAnything whether there are loads through pointers that come from memory
 * @param writesAnything whether there are such stores and atomics
 * @param readBases the parameters, each by its offset, of which one at least must be a pointer for a load to be of what
 *     that points to: a list for each kind of address
 * @param writtenBases the same for stores and atomics
 */
public record PointerUse(
        List<Integer> readAt,
        List<Integer> writtenAt,
        boolean readsManaged,
        boolean writesManaged,
        boolean readsAnything,
        boolean writesAnything,
        List<List<Integer>> readBases,
        List<List<Integer>> writtenBases) {

    /** With copies of the lists. */
    public PointerUse {
        readAt = List.copyOf(readAt);
        writtenAt = List.copyOf(writtenAt);
        readBases = List.copyOf(readBases);
        writtenBases = List.copyOf(writtenBases);
    }
}
