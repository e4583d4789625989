package dev.cryo.proxy.driver;

/** What the driver says of a CUDA process; in the order of {@code CUprocessState} in cuda.h. */
public enum ProcessState {
    /** Its CUDA calls are executed. */
    RUNNING,
    /** Its CUDA calls wait, and what it had submitted has ended. */
    LOCKED,
    /** As locked; its device memory is in its host memory, and it has no device any more. */
    CHECKPOINTED,
    /** A step failed in a way that the driver cannot get it out of. */
    FAILED;

    static ProcessState of(int number) throws DriverException {
        if (number < 0 || number >= values().length) {
            throw new DriverException("the driver tells a process state " + number + ", which cuda.h does not have", 0);
        }
        return values()[number];
    }
}
