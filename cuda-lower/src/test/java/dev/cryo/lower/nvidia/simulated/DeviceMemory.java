package dev.cryo.lower.nvidia.simulated;

import static dev.cryo.lower.nvidia.simulated.Requirements.present;
import static dev.cryo.lower.nvidia.simulated.Requirements.require;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Device memory: reservations of addresses, memory behind handles, and mappings of the one at the other. Accessible
 * mappings are mappings of this process at those very addresses. Guarded by {@link Traffic}.
 */
final class DeviceMemory {
    static final long GRANULARITY = 2 << 20;

    private final long totalBytes;
    private final MemoryMap accessible;
    private final Handles handles;
    private final Areas<String> reservations = new Areas<>();
    private final Areas<Mapping> mappings = new Areas<>();
    private final Areas<Own> own = new Areas<>();
    private final Map<Long, Backing> created = new HashMap<>();
    private long usedBytes;

    DeviceMemory(long totalBytes, MemoryMap accessible, Handles handles) {
        this.totalBytes = totalBytes;
        this.accessible = accessible;
        this.handles = handles;
    }

    private static final class Mapping {
        private final Backing backing;
        private boolean accessible;

        Mapping(Backing backing) {
            this.backing = backing;
        }
    }

    /** Memory at an address of the driver's choice. */
    private record Own(Backing backing, Context context) {}

    CudaDriver.MemoryInfo info() {
        return new CudaDriver.MemoryInfo(totalBytes - usedBytes, totalBytes);
    }

    void reserve(long address, long bytes) throws DriverException {
        require(bytes > 0 && aligned(address, VirtualMemory.PAGE_BYTES) && aligned(bytes, VirtualMemory.PAGE_BYTES),
                "reserve " + range(address, bytes) + ", which are not whole pages");
        try {
            VirtualMemory.reserve(address, bytes);
        } catch (LinuxException e) {
            throw new DriverException(CudaResult.OPERATING_SYSTEM, "reserve " + range(address, bytes) + ": " + e);
        }
        reservations.add(address, bytes, "");
    }

    void freeReservation(long address, long bytes) throws DriverException {
        Areas.Area<String> reservation = reservations.at(address);
        require(reservation != null && reservation.bytes() == bytes,
                "there is no reservation of " + range(address, bytes));
        require(!mappings.overlaps(address, bytes), "free addresses with mappings: " + range(address, bytes));
        reservations.remove(address);
        system(() -> VirtualMemory.unmap(address, bytes));
    }

    long create(long bytes) throws DriverException {
        require(bytes > 0 && aligned(bytes, GRANULARITY), "create " + bytes + " bytes, no multiple of the granularity");
        Backing backing = back(bytes);
        long handle = handles.next();
        created.put(handle, backing);
        return handle;
    }

    private Backing back(long bytes) throws DriverException {
        if (bytes > totalBytes - usedBytes) {
            throw new DriverException(CudaResult.OUT_OF_MEMORY, "allocate %d bytes, of which %d are free"
                    .formatted(bytes, totalBytes - usedBytes));
        }
        try {
            Backing backing = new Backing(bytes);
            usedBytes += bytes;
            return backing;
        } catch (LinuxException e) {
            throw new DriverException(CudaResult.OUT_OF_MEMORY, e.toString());
        }
    }

    void release(long handle) throws DriverException {
        Backing backing = created(handle);
        created.remove(handle);
        if (isFreed(backing::release)) {
            usedBytes -= backing.bytes();
        }
    }

    private Backing created(long handle) throws DriverException {
        return present(created.get(handle), "there is no memory with handle 0x" + Long.toHexString(handle));
    }

    void map(long address, long bytes, long handle) throws DriverException {
        Backing backing = created(handle);
        require(aligned(address, GRANULARITY) && bytes == backing.bytes(),
                "map " + range(address, bytes) + " for a handle of " + backing.bytes());
        Areas.Area<String> reservation = reservations.of(address);
        require(reservation != null && address + bytes <= reservation.end(),
                "map " + range(address, bytes) + ", which are not reserved");
        require(!mappings.overlaps(address, bytes), "map " + range(address, bytes) + ", which are mapped");
        backing.mapped();
        mappings.add(address, bytes, new Mapping(backing));
    }

    /** Takes whole mappings without a gap, and all of them. */
    void allowAccess(long address, long bytes) throws DriverException {
        List<Areas.Area<Mapping>> touched = mappings.touching(address, bytes);
        require(bytes > 0
                        && mappings.cover(address, bytes)
                        && touched.getFirst().address() == address
                        && touched.getLast().end() == address + bytes,
                "allow access to " + range(address, bytes) + ", which are not whole mappings");
        for (Areas.Area<Mapping> area : touched) {
            Mapping mapping = area.what();
            if (!mapping.accessible) {
                system(() -> {
                    VirtualMemory.unmap(area.address(), area.bytes());
                    VirtualMemory.mapSharedAt(area.address(), mapping.backing.descriptor(), area.bytes());
                });
                mapping.accessible = true;
                accessible.add(area.address(), area.bytes());
            }
        }
    }

    void unmap(long address, long bytes) throws DriverException {
        String refusal = "unmap " + range(address, bytes) + ", which are not a mapping";
        Areas.Area<Mapping> area = present(mappings.at(address), refusal);
        require(area.bytes() == bytes, refusal);
        mappings.remove(address);
        Mapping mapping = area.what();
        if (mapping.accessible) {
            accessible.remove(address);
            system(() -> {
                VirtualMemory.unmap(address, bytes);
                VirtualMemory.reserve(address, bytes);
            });
        }
        if (isFreed(mapping.backing::unmapped)) {
            usedBytes -= mapping.backing.bytes();
        }
    }

    /** Memory of a context, at an address of the driver's choice. */
    long allocate(long bytes, Context context) throws DriverException {
        require(bytes > 0, "allocate " + bytes + " bytes");
        Backing backing = back(bytes);
        own.add(backing.address(), bytes, new Own(backing, context));
        accessible.add(backing.address(), bytes);
        return backing.address();
    }

    void free(long address) throws DriverException {
        Areas.Area<Own> area =
                present(own.at(address), "no memory was allocated at 0x" + Long.toHexString(address));
        own.remove(address);
        accessible.remove(address);
        if (isFreed(area.what().backing()::release)) {
            usedBytes -= area.bytes();
        }
    }

    void freeAll(Context context) throws DriverException {
        for (Areas.Area<Own> area : own.all()) {
            if (area.what().context() == context) {
                free(area.address());
            }
        }
    }

    /** Whether an address is one of device memory, be it accessible or not. */
    boolean has(long address) {
        return reservations.of(address) != null || own.of(address) != null;
    }

    List<String> leaks() {
        List<String> leaks = new ArrayList<>();
        reservations.all().forEach(area -> leaks.add("reservation of " + range(area.address(), area.bytes())));
        mappings.all().forEach(area -> leaks.add("mapping of " + range(area.address(), area.bytes())));
        created.forEach((handle, backing) ->
                leaks.add("memory of " + backing.bytes() + " bytes, handle 0x" + Long.toHexString(handle)));
        own.all().forEach(area -> leaks.add("allocation of " + range(area.address(), area.bytes())));
        return leaks;
    }

    /** Gives everything back that was not. */
    void close() throws DriverException {
        for (Areas.Area<Mapping> area : mappings.all()) {
            unmap(area.address(), area.bytes());
        }
        for (Areas.Area<String> area : reservations.all()) {
            freeReservation(area.address(), area.bytes());
        }
        for (long handle : List.copyOf(created.keySet())) {
            release(handle);
        }
        for (Areas.Area<Own> area : own.all()) {
            free(area.address());
        }
    }

    private interface SystemCall {
        void run() throws LinuxException;
    }

    private interface Freeing {
        boolean run() throws LinuxException;
    }

    private static void system(SystemCall call) {
        try {
            call.run();
        } catch (LinuxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isFreed(Freeing freeing) {
        try {
            return freeing.run();
        } catch (LinuxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean aligned(long value, long to) {
        return value % to == 0;
    }


    static String range(long address, long bytes) {
        return bytes + " bytes at 0x" + Long.toHexString(address);
    }
}
