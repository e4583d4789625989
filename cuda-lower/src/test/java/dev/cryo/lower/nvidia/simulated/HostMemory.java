package dev.cryo.lower.nvidia.simulated;

import static dev.cryo.lower.nvidia.simulated.Requirements.present;
import static dev.cryo.lower.nvidia.simulated.Requirements.require;

import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.SharedMemory;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Page-locked memory of the host: allocated or registered; the device may access it. Guarded by {@link Traffic}. */
final class HostMemory {
    private static final VarHandle NUMBER = ValueLayout.JAVA_INT.varHandle();

    private final MemoryMap accessible;
    private final Areas<Locked> areas = new Areas<>();

    HostMemory(MemoryMap accessible) {
        this.accessible = accessible;
    }

    /**
     * Page-locked memory.
     *
     * @param allocated null if it was registered
     */
    private record Locked(@Nullable SharedMemory allocated, Context context) {}

    long allocate(long bytes, Context context) throws DriverException {
        require(bytes > 0, CudaResult.INVALID_VALUE, "allocate " + bytes + " bytes of page-locked memory");
        try {
            SharedMemory memory = SharedMemory.create("simulated-page-locked-memory", bytes);
            add(memory.address(), bytes, new Locked(memory, context));
            return memory.address();
        } catch (LinuxException e) {
            throw new DriverException(CudaResult.OUT_OF_MEMORY, e.toString());
        }
    }

    void free(long address) throws DriverException {
        remove(locked(address, true, CudaResult.INVALID_VALUE));
    }

    void register(long address, long bytes, Context context) throws DriverException {
        require(address > 0 && bytes > 0 && isMapped(address, bytes), CudaResult.INVALID_VALUE,
                "register " + DeviceMemory.range(address, bytes) + ", which this process has not mapped");
        require(!areas.overlaps(address, bytes), CudaResult.HOST_MEMORY_ALREADY_REGISTERED,
                "register " + DeviceMemory.range(address, bytes) + ", of which some are page-locked");
        add(address, bytes, new Locked(null, context));
    }

    /** Returns what the caller did wrong meanwhile; empty if nothing. */
    String unregister(long address) throws DriverException {
        Areas.Area<Locked> area = locked(address, false, CudaResult.HOST_MEMORY_NOT_REGISTERED);
        remove(area);
        return isMapped(address, area.bytes())
                ? ""
                : DeviceMemory.range(address, area.bytes()) + " were unmapped while they were registered";
    }

    private Areas.Area<Locked> locked(long address, boolean allocated, int otherwise) throws DriverException {
        String refusal = "no memory was " + (allocated ? "allocated" : "registered") + " at 0x"
                + Long.toHexString(address);
        Areas.Area<Locked> area = present(areas.at(address), otherwise, refusal);
        require(allocated == (area.what().allocated() != null), otherwise, refusal);
        return area;
    }

    private void add(long address, long bytes, Locked what) {
        areas.add(address, bytes, what);
        accessible.add(address, bytes);
    }

    private void remove(Areas.Area<Locked> area) {
        areas.remove(area.address());
        accessible.remove(area.address());
        SharedMemory allocated = area.what().allocated();
        if (allocated != null) {
            try {
                allocated.close();
            } catch (LinuxException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    void removeAll(Context context) {
        for (Areas.Area<Locked> area : areas.all()) {
            if (area.what().context() == context) {
                remove(area);
            }
        }
    }

    /**
     * Whether a range is page-locked.
     *
     * @throws DriverException if a part of it is, or if it reaches over two areas, which the driver does not copy
     */
    boolean isLocked(long address, long bytes) throws DriverException {
        List<Areas.Area<Locked>> touched = areas.touching(address, bytes);
        if (touched.isEmpty()) {
            return false;
        }
        Areas.Area<Locked> first = touched.getFirst();
        require(first.address() <= address && address + bytes <= first.end(), CudaResult.INVALID_VALUE,
                DeviceMemory.range(address, bytes) + " are not in one piece of page-locked memory");
        return true;
    }

    /** Whether the 32-bit number at an address has been counted up to a value. */
    boolean reaches(long address, int value) throws DriverException {
        require(isLocked(address, 4), CudaResult.INVALID_VALUE, "look at 0x" + Long.toHexString(address)
                + ", which is page-locked no more");
        return (int) NUMBER.getVolatile(VirtualMemory.at(address, 4), 0L) - value >= 0;
    }

    List<String> leaks() {
        return areas.all().stream()
                .map(area -> (area.what().allocated() == null ? "registration of " : "page-locked memory of ")
                        + DeviceMemory.range(area.address(), area.bytes()))
                .toList();
    }

    void close() {
        areas.all().forEach(this::remove);
    }

    /** Whether this process has memory at all of a range. */
    private static boolean isMapped(long address, long bytes) {
        long at = address;
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
                String[] words = line.split("[- ]", 4);
                long from = Long.parseUnsignedLong(words[0], 16);
                long to = Long.parseUnsignedLong(words[1], 16);
                if (from <= at && at < to && words[2].startsWith("rw")) {
                    at = to;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return at >= address + bytes;
    }
}
