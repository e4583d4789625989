package dev.cryo.lower.nvidia;

import dev.cryo.lower.contract.RoundTripContract;

class NvidiaRoundTripPinnedTest extends RoundTripContract {
    NvidiaRoundTripPinnedTest() {
        super(new SimulatedBed(CaptureMethod.PINNED), new SimulatedBed(CaptureMethod.PINNED));
    }
}
