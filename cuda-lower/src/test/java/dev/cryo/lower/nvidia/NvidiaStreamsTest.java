package dev.cryo.lower.nvidia;

import dev.cryo.lower.contract.StreamsContract;

class NvidiaStreamsTest extends StreamsContract {
    NvidiaStreamsTest() {
        super(new SimulatedBed(CaptureMethod.AUTO));
    }
}
