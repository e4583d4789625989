package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;
import org.jspecify.annotations.Nullable;

/** What functions require of their arguments. */
final class Requirements {
    private Requirements() {}

    static void require(boolean good, int code, String what) throws DriverException {
        if (!good) {
            throw new DriverException(code, what);
        }
    }

    static void require(boolean good, String what) throws DriverException {
        require(good, CudaResult.INVALID_VALUE, what);
    }

    static <T> T present(@Nullable T object, String what) throws DriverException {
        return present(object, CudaResult.INVALID_VALUE, what);
    }

    static <T> T present(@Nullable T object, int code, String what) throws DriverException {
        if (object == null) {
            throw new DriverException(code, what);
        }
        return object;
    }
}
