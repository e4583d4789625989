package dev.cryo.lower.nvidia;

import dev.cryo.lower.contract.PtxBed;
import dev.cryo.lower.contract.RoundTripContract;
import dev.cryo.lower.contract.SessionContract;
import org.junit.jupiter.api.Nested;

/** What was captured on one kind of device is restored on the other one. */
class TripsBetweenDevicesTest {
    @Nested
    class ToTheProcessor extends RoundTripContract {
        ToTheProcessor() {
            super(new SimulatedBed(CaptureMethod.AUTO), new PtxBed());
        }
    }

    @Nested
    class FromTheProcessor extends RoundTripContract {
        FromTheProcessor() {
            super(new PtxBed(), new SimulatedBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    class SessionsToTheProcessor extends SessionContract {
        SessionsToTheProcessor() {
            super(new SimulatedBed(CaptureMethod.AUTO), new PtxBed());
        }
    }

    @Nested
    class SessionsFromTheProcessor extends SessionContract {
        SessionsFromTheProcessor() {
            super(new PtxBed(), new SimulatedBed(CaptureMethod.AUTO));
        }
    }
}
