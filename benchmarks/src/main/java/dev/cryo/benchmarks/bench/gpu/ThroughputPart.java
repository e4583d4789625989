package dev.cryo.benchmarks.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Figures;
import dev.cryo.benchmarks.bench.measure.HeldJob;
import dev.cryo.benchmarks.bench.measure.Size;
import dev.cryo.benchmarks.gpu.Ceilings;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** How fast checkpoints and restarts are, beside what the machine can do at best. */
final class ThroughputPart implements Part {
    private static final Duration CEILINGS = Duration.ofSeconds(90);
    private static final List<String> CEILING_NAMES =
            List.of("d2d_gbps", "h2d_gbps", "d2h_gbps", "disk_write_gbps", "disk_read_gbps");

    private final Starter starter;
    private final Room room;

    ThroughputPart(Starter starter, Room room) {
        this.starter = starter;
        this.room = room;
    }

    @Override
    public void measure(Figures figures, Budget budget)
            throws SkippedException, IOException, InterruptedException, UnexpectedException {
        Size size = starter.setup().moderate();
        try {
            ceilings(size, figures, budget);
        } catch (UnexpectedException e) {
            figures.failed("ceilings", e);
        }
        Optional<String> lack = room.lack(size, 1);
        if (lack.isPresent()) {
            throw new SkippedException(lack.get());
        }
        try (HeldJob job = starter.hold(size, 1, budget, starter.saving())) {
            CheckpointTaken taken = job.checkpoint();
            figures.put("checkpoint_mib", size.mib());
            figures.put("checkpoint_bytes", taken.bytes());
            figures.put("checkpoint_pause_gbps", (double) taken.bytes() / taken.pauseNanos(), 3);
            figures.put("checkpoint_gbps", (double) taken.bytes() / taken.totalNanos(), 3);
            share(figures, "checkpoint", "disk_write");
            restore(job, taken, figures);
        }
    }

    private void restore(HeldJob job, CheckpointTaken taken, Figures figures)
            throws IOException, UnexpectedException, InterruptedException {
        Optional<String> anew = starter.setup().restartsAnew();
        if (anew.isPresent()) {
            figures.skipped("restore", anew.get());
            return;
        }
        long restart = job.restart().running();
        figures.put("restart_ms", restart / 1e6, 1);
        figures.put("restore_gbps", (double) taken.bytes() / restart, 3);
        job.verify();
        figures.put("restore_verified", true);
        share(figures, "restore", "disk_read");
    }

    private void ceilings(Size size, Figures figures, Budget budget)
            throws IOException, UnexpectedException, InterruptedException {
        if (!starter.setup().hasPlain()) {
            figures.skipped("ceilings", "the property cryo.jcuda.natives does not name the folder of JCuda's natives");
            return;
        }
        Path file = starter.place().home().resolve("ceilings.bin");
        JsonNode result = starter.run(
                Way.PLAIN, budget.limit(CEILINGS), Ceilings.class,
                "--mib", "" + Math.min(2048, size.mib()),
                "--host-mib", "" + Math.min(1024, size.mib()),
                "--file", file.toString(),
                "--file-mib", "" + Math.min(4096, size.mib()));
        for (String name : CEILING_NAMES) {
            figures.put("ceiling_" + name, result.path(name).asDouble(), 3);
        }
        figures.put("ceiling_disk_read_direct", result.path("disk_read_direct").asBoolean());
    }

    private static void share(Figures figures, String what, String ceiling) {
        OptionalDouble rate = figures.number(what + "_gbps");
        OptionalDouble most = figures.number("ceiling_" + ceiling + "_gbps");
        if (rate.isPresent() && most.isPresent() && most.getAsDouble() > 0) {
            figures.put(what + "_of_" + ceiling + "_ratio", rate.getAsDouble() / most.getAsDouble(), 3);
        }
    }
}
