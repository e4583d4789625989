package dev.cryo.lower.contract;

import dev.cryo.lower.managed.UnifiedDevice;
import dev.cryo.lower.ptx.device.PtxDevice;

/** Makes PTX devices. */
public final class PtxBed implements TestBed {
    @Override
    public UnifiedDevice open(long memoryBytes) {
        return new PtxDevice(memoryBytes);
    }

    @Override
    public FaultReach faultReach() {
        return FaultReach.CONTEXT;
    }

    @Override
    public boolean loadsWhileKernelsRun() {
        return true;
    }

    @Override
    public void close() {
        // They leave nothing but memory behind, and their own tests look for that.
    }
}
