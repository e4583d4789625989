package dev.cryo.lower.nvidia;

import dev.cryo.lower.contract.ManagedVariablesContract;

class NvidiaManagedVariablesTest extends ManagedVariablesContract {
    NvidiaManagedVariablesTest() {
        super(new SimulatedBed(CaptureMethod.AUTO));
    }
}
