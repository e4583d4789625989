package dev.cryo.upper.arena;

/**
 * A live range of an {@link Arena}: {@code [address, address + bytes)}. Immutable; equal only to itself.
 *
 * @param <T> the type of its owner
 */
public final class Block<T> {
    private final long address;
    private final long bytes;
    private final T owner;

    Block(long address, long bytes, T owner) {
        this.address = address;
        this.bytes = bytes;
        this.owner = owner;
    }

    /** The first address. */
    public long address() {
        return address;
    }

    /** The size that was asked for. */
    public long bytes() {
        return bytes;
    }

    /** The address after the last. */
    public long end() {
        return address + bytes;
    }

    /** Whom it was handed out to. */
    public T owner() {
        return owner;
    }

    @Override
    public String toString() {
        return bytes + " bytes at 0x" + Long.toHexString(address);
    }
}
