package dev.cryo.lower.nvidia;

import dev.cryo.lower.contract.RoundTripContract;

class NvidiaRoundTripDeviceTest extends RoundTripContract {
    NvidiaRoundTripDeviceTest() {
        super(new SimulatedBed(CaptureMethod.DEVICE), new SimulatedBed(CaptureMethod.DEVICE));
    }
}
