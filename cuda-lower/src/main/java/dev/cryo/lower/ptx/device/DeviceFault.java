package dev.cryo.lower.ptx.device;

import org.jspecify.annotations.Nullable;

/** Thrown by an operation of the device that makes its context faulted. */
final class DeviceFault extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int code;

    /**
     * With a code of {@link dev.cryo.streamlog.call.CudaResult}.
     *
     * @param message what went wrong, for the log
     */
    DeviceFault(int code, @Nullable String message) {
        super(message);
        this.code = code;
    }

    int code() {
        return code;
    }
}
