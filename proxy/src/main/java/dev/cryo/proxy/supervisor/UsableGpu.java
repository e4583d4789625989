package dev.cryo.proxy.supervisor;

import dev.cryo.lower.nvidia.NvidiaDevice;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.nvidia.driver.DriverProvider;
import dev.cryo.proxy.supervisor.JobException.Kind;

/** A GPU that jobs can run on. */
final class UsableGpu {
    private UsableGpu() {}

    /**
     * Passes if this machine has one.
     *
     * @throws JobException with what is missing
     */
    static void require() throws JobException {
        try {
            NvidiaDevice.requireUsable(DriverProvider.find());
        } catch (DriverException e) {
            throw new JobException(
                    Kind.UNAVAILABLE,
                    "--device nvidia cannot be used here: " + e.getMessage()
                            + "; `cryo doctor` says more, and --device ptx runs the kernels on the CPU",
                    e);
        }
    }
}
