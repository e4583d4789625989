package dev.cryo.streamlog.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Memory of a file descriptor, mapped in this process, that another process maps too.
 *
 * <p>One process {@linkplain #create creates} it; another one of the same user {@linkplain #open opens} it by the first
 * one's process id and descriptor. Closing unmaps; a second close is an error.
 */
public final class SharedMemory implements AutoCloseable {
    private static final int MFD_CLOEXEC = 1;
    private static final int ENOENT = 2;
    private static final int ENXIO = 6;
    private static final int EACCES = 13;
    private static final CFunction MEMFD_CREATE = CFunction.of("memfd_create");
    private static final CFunction FTRUNCATE = CFunction.of("ftruncate");
    private static final CFunction LSEEK = CFunction.of("lseek");
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;

    private final int descriptor;
    private final long address;
    private final long bytes;
    private boolean closed;

    private SharedMemory(int descriptor, long address, long bytes) {
        this.descriptor = descriptor;
        this.address = address;
        this.bytes = bytes;
    }

    /** Offsets from {@code from} to before {@code to} that have pages; what has none is read as zeros. */
    public record Extent(long from, long to) {}

    /** Creates zeroed memory at an address of the kernel's choice. */
    public static SharedMemory create(String name, long bytes) throws LinuxException {
        int descriptor = memfd(name, bytes);
        return new SharedMemory(descriptor, VirtualMemory.mapShared(descriptor, bytes), bytes);
    }

    /** Creates zeroed memory at the given address. */
    public static SharedMemory createAt(String name, long address, long bytes) throws LinuxException {
        int descriptor = memfd(name, bytes);
        try {
            VirtualMemory.mapSharedAt(address, descriptor, bytes);
        } catch (LinuxException e) {
            Descriptors.close(descriptor);
            throw e;
        }
        return new SharedMemory(descriptor, address, bytes);
    }

    /** Maps another process's memory at an address of the kernel's choice. */
    public static SharedMemory open(long pid, int descriptor, long bytes) throws LinuxException {
        int own = openDescriptor(pid, descriptor);
        try {
            return new SharedMemory(own, VirtualMemory.mapShared(own, bytes), bytes);
        } catch (LinuxException e) {
            Descriptors.close(own);
            throw e;
        }
    }

    /** Maps another process's memory at the given address. */
    public static SharedMemory openAt(long pid, int descriptor, long address, long bytes) throws LinuxException {
        int own = openDescriptor(pid, descriptor);
        try {
            VirtualMemory.mapSharedAt(address, own, bytes);
        } catch (LinuxException e) {
            Descriptors.close(own);
            throw e;
        }
        return new SharedMemory(own, address, bytes);
    }

    /**
     * The number of the descriptor by which a process has memory of a name.
     *
     * @param hint the number where it is looked for first
     * @throws LinuxException if the process has no such memory
     */
    public static int find(long pid, String name, int hint) throws LinuxException {
        Path descriptors = Path.of("/proc", Long.toString(pid), "fd");
        if (isNamed(descriptors.resolve(Integer.toString(hint)), name)) {
            return hint;
        }
        try (Stream<Path> all = Files.list(descriptors)) {
            for (Path each : (Iterable<Path>) all::iterator) {
                if (isNamed(each, name)) {
                    return Integer.parseInt(each.getFileName().toString());
                }
            }
        } catch (IOException | UncheckedIOException e) {
            throw new LinuxException("list " + descriptors, EACCES);
        }
        throw new LinuxException("find shared memory " + name + " of process " + pid, ENOENT);
    }

    private static boolean isNamed(Path descriptor, String name) {
        try {
            // The kernel adds " (deleted)".
            return Files.readSymbolicLink(descriptor).toString().startsWith("/memfd:" + name + " ");
        } catch (IOException e) {
            return false; // Closed meanwhile.
        }
    }

    /** Its descriptor in this process. */
    public int descriptor() {
        return descriptor;
    }

    /** Where the memory is mapped in this process. */
    public long address() {
        return address;
    }

    /** Its size. */
    public long bytes() {
        return bytes;
    }

    /** The memory; it must not be touched after {@link #close}. */
    public MemorySegment segment() {
        return VirtualMemory.at(address, bytes);
    }

    /**
     * The first extent that ends after an offset: pages that were written or read by any process and not taken out.
     *
     * @return null if there is none
     */
    public @Nullable Extent extent(long offset) throws LinuxException {
        long data = seek(offset, SEEK_DATA);
        return data < 0 ? null : new Extent(data, seek(data, SEEK_HOLE));
    }

    private long seek(long offset, int what) throws LinuxException {
        long found = LSEEK.call(descriptor, offset, what);
        if (found < 0 && LibC.errno() != ENXIO) {
            throw new LinuxException("look for pages of shared memory from " + offset + " on", LibC.errno());
        }
        return found;
    }

    @Override
    public void close() throws LinuxException {
        if (closed) {
            throw new IllegalStateException("shared memory was closed before");
        }
        closed = true;
        VirtualMemory.unmap(address, bytes);
        Descriptors.close(descriptor);
    }

    private static int memfd(String name, long bytes) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            long path = arena.allocateFrom(name).address();
            int descriptor = Descriptors.checked(MEMFD_CREATE.call(path, MFD_CLOEXEC), "create shared memory " + name);
            try {
                int unused = Descriptors.checked(
                        FTRUNCATE.call(descriptor, bytes),
                        "size shared memory " + name + " to " + bytes + " bytes");
            } catch (LinuxException e) {
                Descriptors.close(descriptor);
                throw e;
            }
            return descriptor;
        }
    }

    private static int openDescriptor(long pid, int descriptor) throws LinuxException {
        String path = "/proc/" + pid + "/fd/" + descriptor;
        return Descriptors.open(path, "open " + path);
    }
}
