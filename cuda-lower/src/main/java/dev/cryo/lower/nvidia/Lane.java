package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A stream of the lower half's own, which waits for no other, with a page-locked buffer to copy by way of. For one
 * thread at a time, which may be another one each time.
 */
final class Lane {
    /** The size of the buffer. */
    static final long BYTES = 8 << 20;

    private static final int NON_BLOCKING = 1;
    /** Beyond all priorities, so that the driver takes the highest: it is then apart from the upper half's streams. */
    private static final int PRIORITY = -100;

    final GpuContext context;
    /** What {@link #read} fills and {@link #write} sends. */
    final MemorySegment buffer = Arena.ofAuto().allocate(BYTES, VirtualMemory.PAGE_BYTES);

    private final CudaDriver driver;
    private final Current current;
    private final long stream;

    private Lane(CudaDriver driver, Current current, GpuContext context, long stream) {
        this.driver = driver;
        this.current = current;
        this.context = context;
        this.stream = stream;
    }

    static Lane open(CudaDriver driver, Current current, GpuContext context) throws DriverException {
        current.enter(context);
        Lane lane = new Lane(driver, current, context, driver.createStream(NON_BLOCKING, PRIORITY));
        try {
            driver.registerHost(lane.buffer.address(), BYTES);
        } catch (DriverException e) {
            driver.destroyStream(lane.stream);
            throw e;
        }
        return lane;
    }

    /** Starts to copy device memory to the begin of the buffer. */
    void read(long address, long bytes) throws DriverException {
        current.enter(context);
        driver.copyToHost(buffer.address(), address, bytes, stream);
    }

    /** Starts to copy the begin of the buffer to device memory. */
    void write(long address, long bytes) throws DriverException {
        current.enter(context);
        driver.copyToDevice(address, buffer.address(), bytes, stream);
    }

    /** Starts to set device memory to zero. */
    void zero(long address, long bytes) throws DriverException {
        current.enter(context);
        driver.set(address, bytes, 1, 0, bytes, 1, stream);
    }

    /** Starts to copy device memory. */
    void move(long target, long source, long bytes) throws DriverException {
        current.enter(context);
        driver.copyOnDevice(target, source, bytes, stream);
    }

    /** Waits for what was started. */
    void await() throws DriverException {
        current.enter(context);
        driver.synchronize(stream);
    }

    /** Waits until nothing is on its way any more, be it that the context has failed. */
    void settle() {
        try {
            await();
        } catch (DriverException e) {
            context.met(e);
        }
    }

    /** Records an event behind what was started. */
    void record(long event) throws DriverException {
        current.enter(context);
        driver.record(event, stream);
    }

    /** Gives the driver's objects up; the buffer goes on being memory. */
    void close() throws DriverException {
        current.enter(context);
        driver.synchronize(stream);
        driver.unregisterHost(buffer.address());
        driver.destroyStream(stream);
    }
}
