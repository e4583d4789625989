package dev.cryo.lower.ptx.memory;

/** Live memory whose contents are not here yet: who uses it has them brought first. Thread-safe. */
public interface Absence {
    /** Whether some of the addresses from {@code low} up to {@code end}, exclusive, are not here. */
    boolean isAbsent(long low, long end);

    /**
     * Brings all that these addresses hold; returns when it is there.
     *
     * @throws RuntimeException if it cannot be had; what was to be done with it must not be done
     */
    void require(long low, long end);

    /** The same for addresses of which every byte is about to be overwritten: what they held need not be brought. */
    void replace(long low, long end);

    /** The lowest address from which on up to {@code address} everything is brought together. */
    long start(long address);

    /** The highest address, exclusive, up to which all from {@code address} on is brought together. */
    long end(long address);
}
