package dev.cryo.lower.ptx.device;

import org.jspecify.annotations.Nullable;

/** A call that is not accepted; nothing of it was done. */
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;
    private final int code;

    /**
     * With a code of {@link dev.cryo.streamlog.call.CudaResult}.
     *
     * @param message why, for the log
     */
    RefusedException(int code, @Nullable String message) {
        super(message, null, false, false);
        this.code = code;
    }

    int code() {
        return code;
    }
}
