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
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestClassOrder;

/** The device over a real driver. What makes contexts fail comes last, in case that a driver does not get over it. */
@NeedsGpu
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
class NvidiaDeviceOnGpuTest {
    @Nested
    @Order(1)
    class ManagedVariables extends ManagedVariablesContract {
        ManagedVariables() {
            super(new GpuBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    @Order(2)
    class RandomPrograms extends RandomContract {
        RandomPrograms() {
            super(new GpuBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    @Order(3)
    class RoundTripsByTheDevice extends RoundTripContract {
        RoundTripsByTheDevice() {
            super(new GpuBed(CaptureMethod.DEVICE), new GpuBed(CaptureMethod.DEVICE));
        }
    }

    @Nested
    @Order(4)
    class RoundTripsByTheHost extends RoundTripContract {
        RoundTripsByTheHost() {
            super(new GpuBed(CaptureMethod.PINNED), new GpuBed(CaptureMethod.PINNED));
        }
    }

    @Nested
    @Order(5)
    class TripsToTheProcessor extends RoundTripContract {
        TripsToTheProcessor() {
            super(new GpuBed(CaptureMethod.AUTO), new PtxBed());
        }
    }

    @Nested
    @Order(6)
    class TripsFromTheProcessor extends RoundTripContract {
        TripsFromTheProcessor() {
            super(new PtxBed(), new GpuBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    @Order(7)
    class Sessions extends SessionContract {
        Sessions() {
            super(new GpuBed(CaptureMethod.AUTO), new GpuBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    @Order(8)
    class Streams extends StreamsContract {
        Streams() {
            super(new GpuBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    @Order(9)
    class Memory extends MemoryContract {
        Memory() {
            super(new GpuBed(CaptureMethod.AUTO));
        }
    }

    @Nested
    @Order(10)
    class Kernels extends KernelsContract {
        Kernels() {
            super(new GpuBed(CaptureMethod.AUTO));
        }
    }
}
