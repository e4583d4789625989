package dev.cryo.streamlog.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Which pages of this process's private memory were written since somebody looked last: the kernel protects them at
 * each look, and lifts the protection of a page by itself at its first write (asynchronous write-protection of
 * userfaultfd, and the PAGEMAP_SCAN of /proc/self/pagemap: Linux 6.7, linux/fs.h).
 *
 * <p>Before the first look, every page that has ever been written counts as written, and nothing costs anything. For
 * one thread at a time.
 */
public final class WrittenPages implements AutoCloseable {
    private static final long SYS_USERFAULTFD = 323;
    private static final long O_CLOEXEC = 02000000;
    private static final long API = 0xc018aa3fL;
    private static final long API_VERSION = 0xaa;
    private static final long WP_UNPOPULATED = 1 << 13;
    private static final long WP_ASYNC = 1 << 15;
    private static final long REGISTER = 0xc020aa00L;
    private static final long MODE_WP = 2;
    private static final long PAGEMAP_SCAN = 0xc0606610L;
    private static final long SCAN_BYTES = 96;
    /** PM_SCAN_WP_MATCHING and PM_SCAN_CHECK_WPASYNC. */
    private static final long PROTECT_WHAT_IS_FOUND = 3;
    private static final long PAGE_IS_WRITTEN = 1 << 1;
    private static final int MOST_RUNS = 4096;
    private static final long RUN_BYTES = 24;

    private final int faults;
    private final int pagemap;
    private boolean closed;

    private WrittenPages(int faults, int pagemap) {
        this.faults = faults;
        this.pagemap = pagemap;
    }

    /** Opens the means; nothing where this kernel does not have them, or does not permit them. */
    public static Optional<WrittenPages> open() throws LinuxException {
        int faults;
        try {
            faults = Descriptors.system(SYS_USERFAULTFD, O_CLOEXEC, 0, 0, "open userfaultfd");
        } catch (LinuxException e) {
            return Optional.empty(); // Everything counts as written then.
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment api = arena.allocate(24, 8);
            api.set(JAVA_LONG, 0, API_VERSION);
            api.set(JAVA_LONG, 8, WP_ASYNC | WP_UNPOPULATED);
            if (Descriptors.tryControl(faults, API, api) != 0) {
                Descriptors.close(faults);
                return Optional.empty();
            }
            return Optional.of(new WrittenPages(
                    faults, Descriptors.openToRead("/proc/self/pagemap", "open /proc/self/pagemap")));
        } catch (LinuxException e) {
            Descriptors.close(faults);
            throw e;
        }
    }

    /** Takes a mapping under watch, for as long as it is mapped. */
    public void watch(long address, long bytes) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(32, 8);
            request.setAtIndex(JAVA_LONG, 0, address);
            request.setAtIndex(JAVA_LONG, 1, bytes);
            request.setAtIndex(JAVA_LONG, 2, MODE_WP);
            int unused = Descriptors.control(
                    faults, REGISTER, request.address(), "watch writes to " + bytes + " bytes");
        }
    }

    /**
     * Tells what of a range that is watched was written since this was called last.
     *
     * @param written is told runs of whole pages, ascending
     */
    public void take(long address, long bytes, Run written) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment runs = arena.allocate(MOST_RUNS * RUN_BYTES, 8);
            MemorySegment scan = arena.allocate(SCAN_BYTES, 8);
            long at = address;
            while (at < address + bytes) {
                prepare(scan, at, address + bytes, runs);
                int count = Descriptors.control(
                        pagemap, PAGEMAP_SCAN, scan.address(), "look for pages that were written");
                for (int i = 0; i < count; i++) {
                    long from = runs.get(JAVA_LONG, i * RUN_BYTES);
                    written.take(from, runs.get(JAVA_LONG, i * RUN_BYTES + 8) - from);
                }
                at = scan.getAtIndex(JAVA_LONG, 4);
            }
        }
    }

    /** A {@code struct pm_scan_arg}. */
    private static void prepare(MemorySegment scan, long from, long to, MemorySegment runs) {
        long[] fields = {
            SCAN_BYTES, PROTECT_WHAT_IS_FOUND, from, to, 0, runs.address(), MOST_RUNS, 0, 0, PAGE_IS_WRITTEN, 0,
            PAGE_IS_WRITTEN
        };
        MemorySegment.copy(fields, 0, scan, JAVA_LONG, 0, fields.length);
    }

    /** Takes a run of pages. */
    @FunctionalInterface
    public interface Run {
        /** Takes one. */
        void take(long address, long bytes);
    }

    /** Ends the watch. */
    @Override
    public void close() throws LinuxException {
        if (closed) {
            throw new IllegalStateException("the watch of written pages was closed before");
        }
        closed = true;
        try {
            Descriptors.close(faults);
        } finally {
            Descriptors.close(pagemap);
        }
    }
}
