package dev.cryo.lower.ptx;

import dev.cryo.lower.contract.PtxBed;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;

class KernelsOnAnotherDeviceTest {
    @RegisterExtension
    static final Comparison COMPARISON = new Comparison(new PtxBed());

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
