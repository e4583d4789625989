package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverProvider;

/** Lets a job that is to run on NVIDIA's devices run on a simulated driver, where this is on the class path. */
public final class SimulatedDriverProvider implements DriverProvider {
    private static final long BYTES = 4L << 30;

    @Override
    public CudaDriver open() {
        return new SimulatedDriver(BYTES);
    }
}
