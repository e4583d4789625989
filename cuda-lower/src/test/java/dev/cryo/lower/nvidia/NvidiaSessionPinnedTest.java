package dev.cryo.lower.nvidia;

import dev.cryo.lower.contract.SessionContract;

class NvidiaSessionPinnedTest extends SessionContract {
    NvidiaSessionPinnedTest() {
        super(new SimulatedBed(CaptureMethod.PINNED), new SimulatedBed(CaptureMethod.PINNED));
    }
}
