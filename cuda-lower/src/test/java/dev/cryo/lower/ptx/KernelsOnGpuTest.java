package dev.cryo.lower.ptx;

import dev.cryo.lower.NeedsGpu;
import dev.cryo.lower.nvidia.CaptureMethod;
import dev.cryo.lower.nvidia.GpuBed;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every kernel that the tests of the engine run: a GPU computes the same, to the bit, but for the functions that are
 * approximations and for what is said at {@link OnlyOnProcessor}.
 */
@NeedsGpu
class KernelsOnGpuTest {
    @RegisterExtension
    static final Comparison COMPARISON = new Comparison(new GpuBed(CaptureMethod.AUTO));

    @Nested
    class IntegerOpcodes extends IntegerOpcodesTest {}

    @Nested
    class FloatOpcodes extends FloatOpcodesTest {}

    @Nested
    class Warps extends WarpTest {}

    @Nested
    class Memory extends MemoryTest {}

    @Nested
    class ControlFlow extends ControlFlowTest {}

    @Nested
    class CompiledKernels extends KernelTest {}
}
