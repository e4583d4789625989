package dev.cryo.lower.nvidia;

import dev.cryo.lower.contract.RandomContract;

class NvidiaRandomTest extends RandomContract {
    NvidiaRandomTest() {
        super(new SimulatedBed(CaptureMethod.AUTO));
    }
}
