package dev.cryo.lower.nvidia;

import dev.cryo.lower.NeedsGpu;
import dev.cryo.lower.contract.KernelsContract;
import dev.cryo.lower.contract.ManagedVariablesContract;
import dev.cryo.lower.contract.MemoryContract;
import dev.cryo.lower.contract.PtxBed;
import dev.cryo.lower.contract.RandomContract;
import dev.cryo.lower.contract.RoundTripContract;
import dev.cryo.lower.contract.SessionContract;
import dev.cryo.lower.contract.StreamsContract;
import org.junit.jupiter.api.Nested;

/** The device over a real driver. What makes kernels fail is run by processes of its own, one for each test. */
@NeedsGpu
class NvidiaDeviceOnGpuTest {
    @Nested
    class ManagedVariables extends ManagedVariablesContract {
        ManagedVariables() {
            super(new GpuBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    class RandomPrograms extends RandomContract {
        RandomPrograms() {
            super(new GpuBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    class RoundTripsByTheDevice extends RoundTripContract {
        RoundTripsByTheDevice() {
            super(new GpuBed(CaptureMethod.DEVICE), new GpuBed(CaptureMethod.DEVICE));
        }
    }

    @Nested
    class RoundTripsByTheHost extends RoundTripContract {
        RoundTripsByTheHost() {
            super(new GpuBed(CaptureMethod.PINNED), new GpuBed(CaptureMethod.PINNED));
        }
    }

    @Nested
    class TripsToTheProcessor extends RoundTripContract {
        TripsToTheProcessor() {
            super(new GpuBed(CaptureMethod.AUTO), new PtxBed());
        }
    }

    @Nested
    class TripsFromTheProcessor extends RoundTripContract {
        TripsFromTheProcessor() {
            super(new PtxBed(), new GpuBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    class Sessions extends SessionContract {
        Sessions() {
            super(new GpuBed(CaptureMethod.AUTO), new GpuBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    class Streams extends StreamsContract {
        Streams() {
            super(new GpuBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    class Memory extends MemoryContract {
        Memory() {
            super(new GpuBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    class Kernels extends KernelsContract {
        Kernels() {
            super(new GpuBed(CaptureMethod.AUTO));
        }
    }
}
