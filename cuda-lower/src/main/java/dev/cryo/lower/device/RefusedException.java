package dev.cryo.lower.device;

import org.jspecify.annotations.Nullable;

/** A call that is not accepted; nothing of it was done. */
public final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;
    private final int code;

    /**
     * With a code of {@link dev.cryo.streamlog.call.CudaResult}.
     *
     * @param message why, for the log
     */
    public RefusedException(int code, @Nullable String message) {
        super(message, null, false, false);
        this.code = code;
    }

    /** A code of {@link dev.cryo.streamlog.call.CudaResult}. */
    public int code() {
        return code;
    }
}
