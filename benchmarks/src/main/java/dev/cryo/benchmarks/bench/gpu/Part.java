package dev.cryo.benchmarks.bench.gpu;

import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Figures;
import dev.cryo.benchmarks.job.UnexpectedException;
import java.io.IOException;

/** A measurement of its own. */
interface Part {
    /**
     * Measures, and puts what it has as soon as it has it.
     *
     * @throws SkippedException if this machine has not the means
     * @throws UnexpectedException if something did not do what it should; what was put stays
     */
    void measure(Figures figures, Budget budget)
            throws SkippedException, IOException, UnexpectedException, InterruptedException;

    /** Tells why a part is left out. */
    final class SkippedException extends Exception {
        private static final long serialVersionUID = 1;

        SkippedException(String why) {
            super(why);
        }
    }
}
