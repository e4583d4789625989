package dev.cryo.benchmarks.bench.gpu;

import java.io.IOException;

/** The engine that uses the driver's own checkpoints. */
final class DriverPart implements Part {
    @Override
    public void measure(Figures figures, Budget budget) throws SkippedException, IOException, InterruptedException {
        throw new SkippedException("not written yet");
    }
}
