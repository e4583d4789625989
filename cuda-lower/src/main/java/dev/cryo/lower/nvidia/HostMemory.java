package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * Page-locked host memory and the upper half's side of it: mapped, and registered with the driver, while a {@link
 * LowerHalf.HostSide} is attached. Thread-safe, but attaching and adding belong to the thread that executes calls. What
 * gives memory up is for other threads, and holds no lock: the driver waits for kernels then.
 *
 * <p>Staging memory is registered in any context that lives. Where the driver refuses it, copies through it work all
 * the same, but as those of ordinary memory do: slower, and waited for.
 */
final class HostMemory {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");

    private final CudaDriver driver;
    private final Current current;
    private final Collection<GpuContext> contexts;
    private final NavigableMap<Long, Area> areas = new ConcurrentSkipListMap<>();
    private volatile LowerHalf.@Nullable HostSide host;
    /** In which staging memory is registered. */
    private volatile @Nullable GpuContext registrar;

    /** With a live view of the contexts. */
    HostMemory(CudaDriver driver, Current current, Collection<GpuContext> contexts) {
        this.driver = driver;
        this.current = current;
        this.contexts = contexts;
    }

    private record Area(long bytes, int descriptor, GpuContext context) {
        /** The bytes of all its pages. */
        long pageBytes() {
            return (bytes + VirtualMemory.PAGE_BYTES - 1) & -VirtualMemory.PAGE_BYTES;
        }
    }

    /** The upper half's side; null while detached. */
    LowerHalf.@Nullable HostSide hostOrNull() {
        return host;
    }

    /** The upper half's side, which work that touches it may assume to be there. */
    LowerHalf.HostSide host() {
        return Objects.requireNonNull(host, "the upper half's memory is not attached");
    }

    void attach(LowerHalf.HostSide to) throws IOException {
        if (host != null) {
            throw new IllegalStateException("the device is attached already");
        }
        try {
            for (Map.Entry<Long, Area> area : areas.entrySet()) {
                take(area.getKey(), area.getValue(), to);
            }
        } catch (IOException e) {
            areas.forEach((address, area) -> giveUp(address, area, to));
            throw e;
        }
        host = to;
        registerStaging();
    }

    void detach() {
        LowerHalf.HostSide from = host;
        if (from != null) {
            unregisterStaging(from);
            areas.forEach((address, area) -> giveUp(address, area, from));
        }
        host = null;
    }

    private void take(long address, Area area, LowerHalf.HostSide from) throws IOException {
        from.mapHost(address, area.bytes, area.descriptor);
        if (area.context.isFaulted()) {
            return; // Nobody will use it.
        }
        try {
            register(area.context, address, area.pageBytes());
        } catch (DriverException e) {
            from.unmapHost(address, area.bytes);
            throw new IOException("the driver does not take page-locked memory, "
                    + GpuMemory.range(address, area.bytes) + ": " + e.getMessage(), e);
        }
    }

    private void giveUp(long address, Area area, LowerHalf.HostSide to) {
        unregister(area.context, address);
        to.unmapHost(address, area.bytes);
    }

    /** Registers staging memory if that was not to be done before, for want of a context. */
    synchronized void registerStaging() {
        LowerHalf.HostSide now = host;
        if (now == null || registrar != null) {
            return;
        }
        for (GpuContext context : contexts) {
            if (!context.isFaulted()) {
                try {
                    register(context, now.staging().address(), now.staging().byteSize());
                } catch (DriverException e) {
                    LOG.log(System.Logger.Level.WARNING,
                            "the driver does not take the staging memory, copies are slow: {0}", e.getMessage());
                }
                registrar = context;
                return;
            }
        }
    }

    /** Nobody registers staging memory anew until it is done. */
    private void unregisterStaging(LowerHalf.HostSide from) {
        GpuContext by = registrar;
        if (by != null) {
            unregister(by, from.staging().address());
            registrar = null;
        }
    }

    private void register(GpuContext context, long address, long bytes) throws DriverException {
        current.enter(context);
        try {
            driver.registerHost(address, bytes);
        } catch (DriverException e) {
            // A context that ends by a fault may leave its registrations behind.
            if (e.code() != CudaResult.HOST_MEMORY_ALREADY_REGISTERED) {
                context.met(e);
                throw e;
            }
        }
    }

    private void unregister(GpuContext context, long address) {
        if (context.isFaulted()) {
            return; // It ends with the context.
        }
        try {
            current.enter(context);
            driver.unregisterHost(address);
        } catch (DriverException e) {
            context.met(e);
            if (e.code() != CudaResult.HOST_MEMORY_NOT_REGISTERED && !context.isFaulted()) {
                LOG.log(System.Logger.Level.WARNING, "host memory at 0x{0} stays page-locked: {1}",
                        Long.toHexString(address), e.getMessage());
            }
        }
    }

    /**
     * Adds memory, which must be {@linkplain #take taken} next.
     *
     * @throws RefusedException if it overlaps other memory
     */
    void add(long address, long bytes, int descriptor, GpuContext context) throws RefusedException {
        if (address <= 0 || bytes <= 0 || bytes > Long.MAX_VALUE - address) {
            throw new RefusedException(CudaResult.INVALID_VALUE, GpuMemory.range(address, bytes) + " is no range");
        }
        Map.Entry<Long, Area> below = areas.lowerEntry(address + bytes);
        if (below != null && below.getKey() + below.getValue().bytes > address) {
            throw new RefusedException(
                    CudaResult.HOST_MEMORY_ALREADY_REGISTERED, GpuMemory.range(address, bytes) + " are known already");
        }
        areas.put(address, new Area(bytes, descriptor, context));
    }

    /**
     * Maps and registers added memory if attached; for any thread. Takes long, for the kernel locks every page.
     *
     * @throws RefusedException if that is not possible; the memory is removed then
     */
    void take(long address) throws RefusedException {
        Area area = areas.get(address);
        LowerHalf.HostSide from = host;
        if (area != null && from != null) {
            try {
                take(address, area, from);
            } catch (IOException e) {
                areas.remove(address);
                int fault = area.context.fault();
                throw new RefusedException(
                        fault == CudaResult.SUCCESS ? CudaResult.OPERATING_SYSTEM : fault, e.getMessage());
            }
        }
    }

    /**
     * The context of the memory that begins at an address.
     *
     * @throws RefusedException if there is none
     */
    GpuContext owner(long address) throws RefusedException {
        Area area = areas.get(address);
        if (area == null) {
            throw new RefusedException(
                    CudaResult.INVALID_VALUE, "no page-locked memory begins at 0x" + Long.toHexString(address));
        }
        return area.context;
    }

    /**
     * Removes memory that begins at an address, if it is there; the work that may use it must have ended. For any
     * thread; the driver may wait for the device.
     */
    void remove(long address) {
        Area area = areas.remove(address);
        LowerHalf.HostSide from = host;
        if (area != null && from != null) {
            giveUp(address, area, from);
        }
    }

    /** Removes the memory of a context that is about to end; for any thread. */
    void removeAll(GpuContext context) {
        areas.forEach((address, area) -> {
            if (area.context == context) {
                remove(address);
            }
        });
        LowerHalf.HostSide from = host;
        if (registrar == context && from != null) {
            unregisterStaging(from);
        }
    }

    /** Whether all of a range lies in one area. */
    boolean covers(long address, long bytes) {
        Map.Entry<Long, Area> below = areas.floorEntry(address);
        return below != null && bytes >= 0 && bytes <= below.getValue().bytes - (address - below.getKey());
    }

    /** All areas, ascending. */
    List<LowerHalf.Range> ranges() {
        List<LowerHalf.Range> ranges = new ArrayList<>();
        areas.forEach((address, area) -> ranges.add(new LowerHalf.Range(address, area.bytes)));
        return ranges;
    }
}
