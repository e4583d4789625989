package dev.cryo.lower.nvidia;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.nvidia.simulated.ScriptedDriver;
import dev.cryo.lower.nvidia.simulated.SimulatedDriver;

/** A device over a driver that fails where a test says. */
final class FailureRig implements AutoCloseable {
    static final long BYTES = 1L << 30;

    final SimulatedDriver simulated;
    final ScriptedDriver script;
    final NvidiaDevice device;

    FailureRig(CaptureMethod method) throws Exception {
        simulated = new SimulatedDriver(BYTES);
        script = new ScriptedDriver(simulated);
        device = NvidiaDevice.open(script.driver(), method);
    }

    /** Fails if the device, which has been closed, has left something behind. */
    @Override
    public void close() throws Exception {
        try (simulated) {
            assertThat(simulated.leaks()).isEmpty();
        }
        assertThat(simulated.misuses()).isEmpty();
    }
}
