package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.CallChannel.CallFailedException;

/** An error on its way to the application; has no stack trace. */
public final class CudaError extends Exception {
    private static final long serialVersionUID = 1;
    private final int code;

    /** With a code of {@code CUresult} or {@code cudaError}. */
    public CudaError(int code) {
        super("CUDA error " + code, null, false, false);
        this.code = code;
    }

    CudaError(CallFailedException e) {
        this(e.code());
    }

    /** The code. */
    public int code() {
        return code;
    }
}
