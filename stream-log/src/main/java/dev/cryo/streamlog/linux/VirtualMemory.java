package dev.cryo.streamlog.linux;

import java.lang.foreign.MemorySegment;

/** Mappings in this process's address space. Thread-safe; who maps a range owns it and unmaps it. */
public final class VirtualMemory {
    /** The size of a page. */
    public static final long PAGE_BYTES = 4096;

    private static final int PROT_NONE = 0;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 0x01;
    private static final int MAP_PRIVATE = 0x02;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MAP_FIXED_NOREPLACE = 0x100000;
    private static final int MADV_REMOVE = 9;
    private static final int MADV_DONTFORK = 10;
    private static final int MADV_HUGEPAGE = 14;

    private static final CFunction MMAP = CFunction.of("mmap");
    private static final CFunction MUNMAP = CFunction.of("munmap");
    private static final CFunction MADVISE = CFunction.of("madvise");

    private VirtualMemory() {}

    /** All of the address space as one segment, for access by raw address. */
    public static MemorySegment everything() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }

    /** Memory at an address that the caller knows to be mapped. */
    public static MemorySegment at(long address, long bytes) {
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    /**
     * Reserves addresses without memory behind them.
     *
     * @throws LinuxException if a part of the range is in use
     */
    public static void reserve(long address, long bytes) throws LinuxException {
        map(address, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    }

    /** Puts fresh zeroed private memory, huge pages where the kernel has them, into a part of a reserved range. */
    public static void commit(long address, long bytes) throws LinuxException {
        map(address, bytes, PROT_READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
        adviseHugePages(address, bytes);
    }

    /** Takes the memory out of a part of a reserved range, which stays reserved. */
    public static void decommit(long address, long bytes) throws LinuxException {
        map(address, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    }

    /**
     * Maps fresh zeroed private memory, huge pages where the kernel has them, at an address of the kernel's choice.
     *
     * @return the address
     */
    public static long allocate(long bytes) throws LinuxException {
        long address = map(0, bytes, PROT_READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        adviseHugePages(address, bytes);
        return address;
    }

    /**
     * Maps a file shared, readable and writable, at an address of the kernel's choice.
     *
     * @return the address
     */
    public static long mapShared(int descriptor, long bytes) throws LinuxException {
        return map(0, bytes, PROT_READ_WRITE, MAP_SHARED, descriptor, 0);
    }

    /**
     * Maps a file shared, readable and writable, at the given address.
     *
     * @throws LinuxException if a part of the range is in use
     */
    public static void mapSharedAt(long address, int descriptor, long bytes) throws LinuxException {
        mapSharedAt(address, descriptor, 0, bytes);
    }

    /**
     * Maps a part of a file shared, readable and writable, at the given address.
     *
     * @throws LinuxException if a part of the range is in use
     */
    public static void mapSharedAt(long address, int descriptor, long offset, long bytes) throws LinuxException {
        map(address, bytes, PROT_READ_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, descriptor, offset);
    }

    /** Takes the pages out of shared memory, in every process that maps it; what is read there next is new. */
    public static void removeShared(long address, long bytes) throws LinuxException {
        advise(address, bytes, MADV_REMOVE, "remove the pages of ");
    }

    /** Leaves a mapping out of the children that this process forks. */
    public static void keepFromForks(long address, long bytes) throws LinuxException {
        advise(address, bytes, MADV_DONTFORK, "keep from forks ");
    }

    /** Ends a mapping or a reservation. */
    public static void unmap(long address, long bytes) throws LinuxException {
        if ((int) MUNMAP.call(address, bytes) != 0) {
            throw new LinuxException("unmap " + range(address, bytes), LibC.errno());
        }
    }

    private static void advise(long address, long bytes, int advice, String what) throws LinuxException {
        int result = (int) MADVISE.call(address, bytes, advice);
        if (result != 0) {
            throw new LinuxException(what + range(address, bytes), LibC.errno());
        }
    }

    private static void adviseHugePages(long address, long bytes) {
        // Advice only: a kernel without huge pages refuses it, and nothing changes but speed.
        long unused = MADVISE.call(address, bytes, MADV_HUGEPAGE);
    }

    private static long map(long address, long bytes, int protection, int flags, int descriptor, long offset)
            throws LinuxException {
        long mapped = MMAP.call(address, bytes, protection, flags, descriptor, offset);
        if (mapped == -1) {
            throw new LinuxException("map " + range(address, bytes), LibC.errno());
        }
        return mapped;
    }

    private static String range(long address, long bytes) {
        return bytes + " bytes at 0x" + Long.toHexString(address);
    }
}
