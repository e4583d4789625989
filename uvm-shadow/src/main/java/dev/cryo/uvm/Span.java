package dev.cryo.uvm;

import dev.cryo.streamlog.linux.VirtualMemory;

/** A range of addresses, not empty. */
public record Span(long address, long bytes) {
    public Span {
        if (bytes <= 0 || address < 0 || address + bytes < 0) {
            throw new IllegalArgumentException("no range of addresses: " + bytes + " bytes at 0x"
                    + Long.toHexString(address));
        }
    }

    /** The address after the last byte. */
    public long end() {
        return address + bytes;
    }

    /** Whether both have an address in common. */
    public boolean meets(Span other) {
        return address < other.end() && other.address < end();
    }

    /** Whether all of the other is in this one. */
    public boolean covers(Span other) {
        return address <= other.address && other.end() <= end();
    }

    /** The smallest range of whole pages that covers this one. */
    public Span inPages() {
        long from = address & -VirtualMemory.PAGE_BYTES;
        long to = (end() + VirtualMemory.PAGE_BYTES - 1) & -VirtualMemory.PAGE_BYTES;
        return new Span(from, to - from);
    }

    @Override
    public String toString() {
        return bytes + " bytes at 0x" + Long.toHexString(address);
    }
}
