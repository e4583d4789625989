package dev.cryo.lower.nvidia;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.contract.FaultReach;
import dev.cryo.lower.contract.TestBed;
import dev.cryo.lower.managed.UnifiedDevice;
import dev.cryo.lower.nvidia.simulated.SimulatedDriver;
import java.util.ArrayList;
import java.util.List;

/** Makes devices over simulated drivers, each with a driver of its own, and fails where one was not treated well. */
public final class SimulatedBed implements TestBed {
    private final CaptureMethod method;
    private final List<SimulatedDriver> drivers = new ArrayList<>();

    /** Of devices with a capture method. */
    public SimulatedBed(CaptureMethod method) {
        this.method = method;
    }

    @Override
    public UnifiedDevice open(long memoryBytes) throws Exception {
        SimulatedDriver driver = new SimulatedDriver(memoryBytes);
        drivers.add(driver);
        return NvidiaDevice.open(driver, method);
    }

    @Override
    public FaultReach faultReach() {
        return FaultReach.DEVICE;
    }

    @Override
    public boolean loadsWhileKernelsRun() {
        return false;
    }

    @Override
    public void close() throws Exception {
        for (SimulatedDriver driver : drivers) {
            try (driver) {
                assertThat(driver.leaks()).isEmpty();
            }
            assertThat(driver.misuses()).isEmpty();
        }
        drivers.clear();
    }
}
