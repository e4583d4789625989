package dev.cryo.lower.nvidia;

import dev.cryo.lower.contract.FaultReach;
import dev.cryo.lower.contract.TestBed;
import dev.cryo.lower.managed.UnifiedDevice;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.nvidia.driver.LibCuda;
import org.jspecify.annotations.Nullable;

/** Makes devices over this machine's driver, whose size cannot be chosen. */
public final class GpuBed implements TestBed {
    /** Keeps the driver from shutting the device down between tests, which would take most of their time. */
    private static @Nullable CudaDriver keeping;

    private final CaptureMethod method;

    /** Of devices with a capture method. */
    public GpuBed(CaptureMethod method) {
        this.method = method;
    }

    @Override
    public UnifiedDevice open(long memoryBytes) throws Exception {
        keep();
        return NvidiaDevice.open(LibCuda.open(), method);
    }

    private static synchronized void keep() throws DriverException {
        if (keeping == null) {
            CudaDriver driver = LibCuda.open();
            driver.initialize();
            long unused = driver.createContext(0, 0);
            keeping = driver;
        }
    }

    @Override
    public FaultReach faultReach() {
        return FaultReach.PROCESS;
    }

    @Override
    public boolean loadsWhileKernelsRun() {
        return false;
    }

    @Override
    public void close() {
        // What a driver was not given back it does not tell.
    }
}
