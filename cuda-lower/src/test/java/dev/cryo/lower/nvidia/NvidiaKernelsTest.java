package dev.cryo.lower.nvidia;

import dev.cryo.lower.contract.KernelsContract;

class NvidiaKernelsTest extends KernelsContract {
    NvidiaKernelsTest() {
        super(new SimulatedBed(CaptureMethod.AUTO));
    }
}
