package dev.cryo.lower.ptx;

import java.util.List;

/**
 * Through which of its parameters a kernel may access global memory, found without running it. What is not named here
 * is not accessed, unless a kernel walks from one allocation into another.
 *
 * @param readAt offsets in the parameter block of 64-bit values that addresses of loads may be computed from, in any
 *     way, ascending
 * @param writtenAt the same for stores and atomics
 * @param readsManaged whether there are loads from managed variables that the kernel names
 * @param writesManaged whether there are such stores and atomics
 * @param readsAnything whether there are loads through pointers that come from memory
 * @param writesAnything whether there are such stores and atomics
 * @param readBases what loads are relative to, for each kind of address
 * @param writtenBases the same for stores and atomics
 */
public record PointerUse(
        List<Integer> readAt,
        List<Integer> writtenAt,
        boolean readsManaged,
        boolean writesManaged,
        boolean readsAnything,
        boolean writesAnything,
        List<Bases> readBases,
        List<Bases> writtenBases) {

    /**
     * The parameters of which an address has one for its base, if it is an ordinary one.
     *
     * @param at their offsets in the parameter block, ascending
     * @param summed whether two may have been added, so that no more than one can be a pointer
     */
    public record Bases(List<Integer> at, boolean summed) {
        /** With a copy of the list. */
        public Bases {
            at = List.copyOf(at);
        }
    }

    /** With copies of the lists. */
    public PointerUse {
        readAt = List.copyOf(readAt);
        writtenAt = List.copyOf(writtenAt);
        readBases = List.copyOf(readBases);
        writtenBases = List.copyOf(writtenBases);
    }
}
