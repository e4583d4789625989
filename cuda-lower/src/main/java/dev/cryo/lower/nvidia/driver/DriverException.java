package dev.cryo.lower.nvidia.driver;

/** A function of the driver has failed. */
public final class DriverException extends Exception {
    private static final long serialVersionUID = 1;
    private final int code;

    /**
     * With a code of {@link dev.cryo.streamlog.call.CudaResult}.
     *
     * @param what the function, and what it was called for
     */
    public DriverException(int code, String what) {
        super(what, null, false, false);
        this.code = code;
    }

    /** The driver's {@code CUresult}. */
    public int code() {
        return code;
    }
}
