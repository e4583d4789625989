package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import org.jspecify.annotations.Nullable;

/**
 * Makes contexts current, which the driver remembers for each thread. That of the thread that executes calls is
 * remembered here too, so that it costs nothing while it stays the same.
 */
final class Current {
    private final CudaDriver driver;
    private @Nullable Thread dispatcher;
    private @Nullable GpuContext context;

    Current(CudaDriver driver) {
        this.driver = driver;
    }

    /** For the thread that executes calls, which may be another one each time. */
    void dispatch(GpuContext to) throws DriverException {
        Thread thread = Thread.currentThread();
        if (context != to || dispatcher != thread) {
            driver.makeCurrent(to.handle);
            dispatcher = thread;
            context = to;
        }
    }

    /** Makes no context current to the calling thread, so that what follows has nothing to do with the end of one. */
    void leave() throws DriverException {
        if (dispatcher == Thread.currentThread()) {
            context = null;
        }
        driver.makeCurrent(0);
    }

    /** For any thread. */
    void enter(GpuContext to) throws DriverException {
        // Who reads itself here has written it itself, and nobody else writes meanwhile.
        if (dispatcher == Thread.currentThread()) {
            dispatch(to);
        } else {
            driver.makeCurrent(to.handle);
        }
    }
}
