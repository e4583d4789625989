package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;

/** Sets device memory. Thread-safe. */
public final class MemorySets {
    private final Calls calls;
    private final DeviceMemory device;
    private final HostMemory host;
    private final UnifiedMemory unified;

    MemorySets(Calls calls, DeviceMemory device, HostMemory host, UnifiedMemory unified) {
        this.unified = unified;
        this.calls = calls;
        this.device = device;
        this.host = host;
    }

    /**
     * Sets {@code height} rows, {@code pitch} bytes apart, of {@code width} elements to a value.
     *
     * @param elementBytes 1, 2 or 4; address and pitch are multiples of it
     * @param wait whether memory that the host sees must be set when this returns
     */
    public void set(
            Stream stream,
            long address,
            long pitch,
            int elementBytes,
            int value,
            long width,
            long height,
            boolean wait)
            throws CudaError {
        if (width == 0 || height == 0) {
            return;
        }
        long row = width * elementBytes;
        boolean misaligned = address % elementBytes != 0 || height > 1 && pitch % elementBytes != 0;
        if (width < 0 || height < 0 || misaligned || height > 1 && pitch < row) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        boolean seenByHost = check(address, (height - 1) * pitch + row);
        calls.queue(new Call.MemSet(stream.id(), address, pitch, elementBytes, value, width, height));
        if (wait && seenByHost) {
            calls.call(stream.context(), new Call.StreamSync(stream.id()));
        }
    }

    /** Whether the host sees a range, which must lie in one allocation. */
    private boolean check(long address, long bytes) throws CudaError {
        if (host.find(address) != null) {
            host.check(address, bytes);
            return true;
        }
        if (unified.find(address) != null) {
            var unused = unified.check(address, bytes);
            return true;
        }
        device.check(address, bytes);
        return false;
    }
}
