package dev.cryo.benchmarks.endtoend;

import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.lower.NeedsGpu;

/** An application that uses unified memory from four threads, on a GPU. */
@NeedsGpu
class UnifiedMemoryOnGpuTest extends UnifiedMemoryTest {
    @Override
    Workplace newPlace() throws Exception {
        return Places.createOnGpu();
    }
}
