package dev.cryo.lower.nvidia;

import dev.cryo.lower.contract.SessionContract;

class NvidiaSessionDeviceTest extends SessionContract {
    NvidiaSessionDeviceTest() {
        super(new SimulatedBed(CaptureMethod.DEVICE), new SimulatedBed(CaptureMethod.DEVICE));
    }
}
