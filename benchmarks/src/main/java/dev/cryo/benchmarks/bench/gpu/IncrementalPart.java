package dev.cryo.benchmarks.bench.gpu;

import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Figures;
import dev.cryo.benchmarks.bench.measure.HeldJob;
import dev.cryo.benchmarks.bench.measure.Size;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import java.io.IOException;
import java.util.Optional;

/** A second checkpoint, after one in twenty blocks of memory has changed, beside the first. */
final class IncrementalPart implements Part {
    private static final int STRIDE = 20;

    private final Starter starter;
    private final Room room;

    IncrementalPart(Starter starter, Room room) {
        this.starter = starter;
        this.room = room;
    }

    @Override
    public void measure(Figures figures, Budget budget)
            throws SkippedException, IOException, UnexpectedException, InterruptedException {
        Size size = starter.setup().moderate();
        Optional<String> lack = room.lack(size, 1);
        if (lack.isPresent()) {
            throw new SkippedException(lack.get());
        }
        try (HeldJob job = starter.hold(size, STRIDE, budget, starter.saving())) {
            CheckpointTaken first = job.checkpoint();
            // Every block that is ever changed has changed since.
            job.awaitRound(job.round() + job.changing() + 1);
            CheckpointTaken second = job.checkpoint();
            figures.put("incremental_mib", size.mib());
            figures.put("incremental_changed_blocks", job.changing());
            figures.put("incremental_first_bytes", first.bytes());
            figures.put("incremental_second_bytes", second.bytes());
            figures.put("incremental_bytes_ratio", (double) second.bytes() / first.bytes(), 4);
            figures.put("incremental_time_ratio", (double) second.totalNanos() / first.totalNanos(), 4);
            figures.put("incremental_pause_ratio", (double) second.pauseNanos() / first.pauseNanos(), 4);
            job.verify();
        }
    }
}
