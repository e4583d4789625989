package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;

/**
 * The first error that work has met, if any: all contexts have it from then on, also those to come. Only another
 * process could use the device again, which is another driver here. Thread-safe.
 */
final class ProcessError {
    private volatile int code = CudaResult.SUCCESS;

    synchronized void meet(int error) {
        if (code == CudaResult.SUCCESS) {
            code = error;
        }
    }

    boolean isMet() {
        return code != CudaResult.SUCCESS;
    }

    /** Throws the error, if there is one. */
    void requireNone() throws DriverException {
        if (isMet()) {
            throw new DriverException(code, "work of this process has met an error");
        }
    }
}
