package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The lanes of all contexts, which are used again. Thread-safe. */
final class Lanes {
    private final CudaDriver driver;
    private final Current current;
    private final Collection<GpuContext> contexts;
    private final List<Lane> free = new ArrayList<>();

    /** With a live view of the contexts, which any thread may use. */
    Lanes(CudaDriver driver, Current current, Collection<GpuContext> contexts) {
        this.driver = driver;
        this.current = current;
        this.contexts = contexts;
    }

    /**
     * Lends a lane of any context of a device, which is not destroyed before the lane is given back.
     *
     * @throws DriverException if there is no context that can be used
     */
    Lane lend(int device) throws DriverException {
        for (GpuContext context : contexts) {
            if (context.device == device && !context.isFaulted() && context.use()) {
                return ofUsed(context);
            }
        }
        throw new DriverException(
                CudaResult.INVALID_CONTEXT, "there is no context of device " + device + " that can be used");
    }

    /** Lends a lane of a context that lives. */
    Lane lend(GpuContext context) throws DriverException {
        boolean unused = context.use();
        return ofUsed(context);
    }

    private Lane ofUsed(GpuContext context) throws DriverException {
        synchronized (free) {
            for (Lane lane : free) {
                if (lane.context == context) {
                    free.remove(lane);
                    return lane;
                }
            }
        }
        try {
            return Lane.open(driver, current, context);
        } catch (DriverException e) {
            context.leave();
            throw e;
        }
    }

    /** Takes a lane back, waiting for what is on its way. */
    void giveBack(Lane lane) {
        lane.settle();
        synchronized (free) {
            free.add(lane);
        }
        lane.context.leave();
    }

    /** Copies to device memory and waits for that. */
    void write(int device, long address, MemorySegment contents) throws DriverException {
        Lane lane = lend(device);
        try {
            for (long done = 0; done < contents.byteSize(); done += Lane.BYTES) {
                long count = Math.min(Lane.BYTES, contents.byteSize() - done);
                MemorySegment.copy(contents, done, lane.buffer, 0, count);
                lane.write(address + done, count);
                lane.await();
            }
        } finally {
            giveBack(lane);
        }
    }

    /** Gives up the lanes of a context, none of which is lent; for any thread. */
    void end(GpuContext context) throws DriverException {
        for (Lane lane : take(context)) {
            lane.close();
        }
    }

    /** Forgets the lanes of a context that has ended. */
    void forget(GpuContext context) {
        take(context);
    }

    private List<Lane> take(GpuContext context) {
        synchronized (free) {
            List<Lane> taken = free.stream().filter(lane -> lane.context == context).toList();
            free.removeAll(taken);
            return taken;
        }
    }
}
