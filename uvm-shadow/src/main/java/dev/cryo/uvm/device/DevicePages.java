package dev.cryo.uvm.device;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * The device's memory, as {@link ManagedMemory} reads and writes it. Addresses are those of the application. Never
 * called while work is outstanding that may write the range. Called by one thread at a time, with a lock held that
 * launches need too: an implementation must not wait for other work of the device.
 */
public interface DevicePages {
    /**
     * The contents of a range.
     *
     * @param buffer native memory that can be filled and returned; at least of the range's size
     * @return native memory that holds the contents until the next call: the buffer's begin, or, where the device's
     *     memory is memory of this process, that
     * @throws IOException if the device cannot be read; the application gets a bus error for these pages
     */
    MemorySegment read(long address, long bytes, MemorySegment buffer) throws IOException;

    /**
     * Writes contents to the device, before the work that is submitted next.
     *
     * @param contents memory that is valid during the call
     */
    void write(long address, MemorySegment contents) throws IOException;
}
