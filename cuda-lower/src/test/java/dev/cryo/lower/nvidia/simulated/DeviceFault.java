package dev.cryo.lower.nvidia.simulated;

/** Work has failed while it was done, which is an error of all the process. */
final class DeviceFault extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int code;

    DeviceFault(int code, String why) {
        super(why, null, false, false);
        this.code = code;
    }

    int code() {
        return code;
    }
}
