package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.CudaResult;
import java.util.Map;
import java.util.TreeMap;

/**
 * Host memory of the application's own that it has registered. It stays ordinary memory: copies of it go through
 * staging, which gives the same results; the device cannot see it, so what asks for that is refused. Thread-safe.
 */
public final class Registrations {
    private static final int PORTABLE = 1;
    private static final int READ_ONLY = 8;
    private static final int FLAGS = 15;

    private final TreeMap<Long, Long> ends = new TreeMap<>();

    Registrations() {}

    /** Registers memory; flags are {@code CU_MEMHOSTREGISTER_*}. */
    public synchronized void add(long address, long bytes, int flags) throws CudaError {
        if (address == 0 || bytes <= 0 || (flags & ~FLAGS) != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        if ((flags & ~(PORTABLE | READ_ONLY)) != 0) {
            Notices.sayOnce("registering host memory for access by the device is not supported; allocate it with "
                    + "cuMemHostAlloc or cudaHostAlloc");
            throw new CudaError(CudaResult.NOT_SUPPORTED);
        }
        Map.Entry<Long, Long> before = ends.lowerEntry(address + bytes);
        if (before != null && before.getValue() > address) {
            throw new CudaError(CudaResult.HOST_MEMORY_ALREADY_REGISTERED);
        }
        ends.put(address, address + bytes);
    }

    /** Ends a registration. */
    public synchronized void remove(long address) throws CudaError {
        if (ends.remove(address) == null) {
            throw new CudaError(CudaResult.HOST_MEMORY_NOT_REGISTERED);
        }
    }

    /** Whether an address lies in registered memory. */
    public synchronized boolean contains(long address) {
        Map.Entry<Long, Long> below = ends.floorEntry(address);
        return below != null && below.getValue() > address;
    }
}
