package dev.cryo.lower;

import dev.cryo.lower.contract.PtxBed;
import dev.cryo.lower.contract.SessionContract;
import org.junit.jupiter.api.Nested;

/** Sessions over the PTX device whose restores leave contents in their image. */
class DeferredSessionTest {
    @Nested
    class BroughtBeside extends SessionContract {
        BroughtBeside() {
            super(new PtxBed(), PtxBed.deferring());
        }
    }

    @Nested
    class BroughtWhenUsed extends SessionContract {
        BroughtWhenUsed() {
            super(new PtxBed(), PtxBed.onlyWhenUsed());
        }
    }
}
