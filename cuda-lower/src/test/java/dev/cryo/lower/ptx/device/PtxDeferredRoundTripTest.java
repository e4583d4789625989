package dev.cryo.lower.ptx.device;

import dev.cryo.lower.contract.PtxBed;
import dev.cryo.lower.contract.RoundTripContract;
import org.junit.jupiter.api.Nested;

class PtxDeferredRoundTripTest {
    @Nested
    class BroughtBeside extends RoundTripContract {
        BroughtBeside() {
            super(new PtxBed(), PtxBed.deferring());
        }
    }

    @Nested
    class BroughtWhenUsed extends RoundTripContract {
        BroughtWhenUsed() {
            super(new PtxBed(), PtxBed.onlyWhenUsed());
        }
    }
}
