package dev.cryo.lower.ptx.device;

import dev.cryo.lower.contract.PtxBed;
import dev.cryo.lower.contract.RandomContract;

class PtxDeviceRandomTest extends RandomContract {
    PtxDeviceRandomTest() {
        super(new PtxBed());
    }
}
