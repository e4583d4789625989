package dev.cryo.lower.ptx.device;

import dev.cryo.lower.contract.PtxBed;
import dev.cryo.lower.contract.RoundTripContract;

class PtxRoundTripTest extends RoundTripContract {
    PtxRoundTripTest() {
        super(new PtxBed(), new PtxBed());
    }
}
