package dev.cryo.benchmarks.endtoend;

import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.lower.NeedsGpu;

/** Random programs on unified memory, on a GPU. */
@NeedsGpu
class UnifiedRandomOnGpuTest extends UnifiedRandomTest {
    @Override
    Workplace newPlace() throws Exception {
        return Places.createOnGpu();
    }
}
