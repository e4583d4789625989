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
     */
    public void set(Stream stream, long address, long pitch, int elementBytes, int value, long width, long height)
            throws CudaError {
        if (width == 0 || height == 0) {
            return;
        }
        long row = width * elementBytes;
        boolean misaligned = address % elementBytes != 0 || height > 1 && pitch % elementBytes != 0;
        if (width < 0 || height < 0 || misaligned || height > 1 && pitch < row) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        long span = (height - 1) * pitch + row;
        if (host.find(address) != null) {
            host.check(address, span);
        } else if (unified.find(address) != null) {
            var unused = unified.check(address, span);
        } else {
            device.check(address, span);
        }
        calls.queue(new Call.MemSet(stream.id(), address, pitch, elementBytes, value, width, height));
    }
}
