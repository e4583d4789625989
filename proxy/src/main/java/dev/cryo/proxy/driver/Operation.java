package dev.cryo.proxy.driver;

/** What the driver is asked to do to a process, and what its refusals mean; codes and names as in cuda.h. */
enum Operation {
    STATE("cuCheckpointProcessGetState"),
    RESTORE_THREAD("cuCheckpointProcessGetRestoreThreadId"),
    LOCK("cuCheckpointProcessLock"),
    CHECKPOINT("cuCheckpointProcessCheckpoint"),
    RESTORE("cuCheckpointProcessRestore"),
    UNLOCK("cuCheckpointProcessUnlock");

    private final String function;

    Operation(String function) {
        this.function = function;
    }

    String function() {
        return function;
    }

    /** What an error means, in plain words, with what to do; empty for one that says enough by its name. */
    String meaning(int error) {
        return switch (error) {
            case 1 -> this == RESTORE
                    ? "the driver does not take these GPUs: there must be one for every GPU that the process saw, of"
                            + " the same chip type and with enough memory"
                    : "the driver knows it as no CUDA process";
            case DriverException.OUT_OF_MEMORY -> this == RESTORE
                    ? "the GPU has not enough free memory; end what else uses it"
                    : "there is no host memory for the contents of its device memory, or the GPU is divided (MIG),"
                            + " which the driver cannot checkpoint";
            case 3 -> "it has not initialised CUDA";
            case 46 -> "the GPU is used by another process alone, or cannot be reached";
            case 100, 101 -> "the GPU that it used is not there";
            case 304 -> "the driver could not reach the process; it needs root, and /proc";
            case 401 -> "the process is not in the state that this needs: another tool may have locked it";
            case DriverException.NOT_READY -> "what it had submitted to the device did not end in time";
            case 800 -> "the driver does not permit it; it needs root, and persistence mode may help"
                    + " (`nvidia-smi -pm 1`)";
            case 801 -> this == RESTORE
                    ? "the GPU is of another chip type than the one that was checkpointed, or the driver is another"
                    : "it uses what this driver cannot checkpoint: managed (unified) memory, memory shared between"
                            + " processes (IPC), or a profiler or debugger";
            default -> "";
        };
    }
}
