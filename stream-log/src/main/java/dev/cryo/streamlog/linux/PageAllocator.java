package dev.cryo.streamlog.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * Allocates zeroed memory in whole pages, huge ones where the kernel has them, all of which is given back by
 * {@link #close}. Forks of this process do not have it, or what is written to it after a fork would be copied. Unlike
 * an arena that threads share, whose end waits for each thread of the JVM, busy ones too, that takes no time, and
 * nothing keeps anybody from using the memory afterwards: who allocates answers for that. Thread-safe.
 */
public final class PageAllocator implements SegmentAllocator, AutoCloseable {
    private final List<MemorySegment> allocated = new ArrayList<>();

    /**
     * Allocates whole pages.
     *
     * @throws IllegalArgumentException if an alignment above a page's is asked for
     * @throws OutOfMemoryError if there is no room for it
     */
    @Override
    public MemorySegment allocate(long bytes, long alignment) {
        if (alignment > VirtualMemory.PAGE_BYTES) {
            throw new IllegalArgumentException("memory is allocated at pages, not at multiples of " + alignment);
        }
        long whole = Math.ceilDiv(bytes, VirtualMemory.PAGE_BYTES) * VirtualMemory.PAGE_BYTES;
        MemorySegment memory;
        try {
            memory = VirtualMemory.at(mapped(whole), whole);
        } catch (LinuxException e) {
            throw new OutOfMemoryError(e.getMessage());
        }
        synchronized (this) {
            allocated.add(memory);
        }
        return memory.asSlice(0, bytes);
    }

    private static long mapped(long bytes) throws LinuxException {
        long address = VirtualMemory.allocate(bytes);
        try {
            VirtualMemory.keepFromForks(address, bytes);
            return address;
        } catch (LinuxException e) {
            VirtualMemory.unmap(address, bytes);
            throw e;
        }
    }

    @Override
    public synchronized void close() throws LinuxException {
        while (!allocated.isEmpty()) {
            MemorySegment memory = allocated.removeLast();
            VirtualMemory.unmap(memory.address(), memory.byteSize());
        }
    }
}
