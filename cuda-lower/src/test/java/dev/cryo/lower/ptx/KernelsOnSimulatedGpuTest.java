package dev.cryo.lower.ptx;

import dev.cryo.lower.nvidia.CaptureMethod;
import dev.cryo.lower.nvidia.SimulatedBed;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;

/** That kernels come to a driver, by way of the device, as they were written; the opcodes are for a real one. */
class KernelsOnSimulatedGpuTest {
    @RegisterExtension
    static final Comparison COMPARISON = new Comparison(new SimulatedBed(CaptureMethod.AUTO));

    @Nested
    class Warps extends WarpTest {}

    @Nested
    class Memory extends MemoryTest {}

    @Nested
    class ControlFlow extends ControlFlowTest {}

    @Nested
    class CompiledKernels extends KernelTest {}
}
