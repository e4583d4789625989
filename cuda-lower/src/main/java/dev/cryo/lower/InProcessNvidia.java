package dev.cryo.lower;

import dev.cryo.lower.nvidia.CaptureMethod;
import dev.cryo.lower.nvidia.NvidiaDevice;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.nvidia.driver.DriverProvider;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.control.InProcessLowerHalf;
import java.io.IOException;

/** Gives NVIDIA's devices to an agent that drives them in the application's process. */
public final class InProcessNvidia implements InProcessLowerHalf.Provider {
    @Override
    public String device() {
        return "nvidia";
    }

    /**
     * {@inheritDoc}
     *
     * @param option a {@link CaptureMethod}, or nothing
     */
    @Override
    public InProcessLowerHalf open(LowerHalf.HostSide host, String option) throws IOException {
        try {
            return InProcessSession.over(
                    NvidiaDevice.openInProcess(DriverProvider.find(), CaptureMethod.named(option)), host);
        } catch (DriverException e) {
            throw new IOException("the GPU cannot be used: " + e.getMessage(), e);
        }
    }
}
