package dev.cryo.benchmarks.endtoend;

import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.lower.NeedsGpu;

/** Programs as users write them for unified memory, on a GPU. */
@NeedsGpu
class UnifiedWorkloadsOnGpuTest extends UnifiedWorkloadsTest {
    @Override
    Workplace newPlace() throws Exception {
        return Places.createOnGpu();
    }
}
