package dev.cryo.lower.nvidia;

import dev.cryo.lower.contract.MemoryContract;

class NvidiaMemoryTest extends MemoryContract {
    NvidiaMemoryTest() {
        super(new SimulatedBed(CaptureMethod.AUTO));
    }
}
