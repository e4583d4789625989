package dev.cryo.benchmarks.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cryo.benchmarks.bench.Median;
import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Figures;
import dev.cryo.benchmarks.bench.measure.HeldJob;
import dev.cryo.benchmarks.bench.measure.Size;
import dev.cryo.benchmarks.gpu.NaiveCheckpoint;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How long an application stands still while its device memory is saved, by size and method of capture, beside a naive
 * checkpoint in the same call.
 */
final class PausePart implements Part {
    private static final int CHECKPOINTS = 3;

    /** Host state left to the application: device memory alone is saved, as by the naive checkpoint. */
    private static final String DEVICE_ALONE = "app";

    private static final Duration NAIVE = Duration.ofSeconds(120);
    private static final Size LARGEST_NAIVE = new Size(8 << 10);
    private static final String CAPTURE = "--capture";

    private final Starter starter;
    private final Room room;

    PausePart(Starter starter, Room room) {
        this.starter = starter;
        this.room = room;
    }

    @Override
    public void measure(Figures figures, Budget budget) throws IOException, InterruptedException {
        Costs costs = new Costs();
        for (Size size : starter.setup().sizes()) {
            naive(size, costs, figures, budget);
            for (String method : methods(size)) {
                String name = size.label() + "_" + method;
                Optional<String> lack = room.lack(size, method.equals("device") ? 2 : 1)
                        .or(() -> costs.lack(method, size, budget));
                if (lack.isPresent()) {
                    figures.skipped("pause_" + name, lack.get());
                    continue;
                }
                try {
                    long start = System.nanoTime();
                    pauses(size, method, figures, budget);
                    costs.put(method, size, System.nanoTime() - start);
                } catch (UnexpectedException e) {
                    figures.failed("pause_" + name, e);
                }
            }
            PauseRatios.put(figures, size, methods(size), DEVICE_ALONE);
        }
    }

    /** Those of {@code launch --capture}, where there is a choice, and for smaller sizes that of the device alone. */
    private List<String> methods(Size size) {
        boolean choice = starter.setup().nvidia() && starter.setup().launchOptions().contains(CAPTURE);
        List<String> methods = new ArrayList<>(choice ? List.of("device", "pinned") : List.of("default"));
        if (size.compareTo(LARGEST_NAIVE) <= 0 && starter.setup().restartsAnew().isEmpty()) {
            methods.add(DEVICE_ALONE);
        }
        return methods;
    }

    private List<String> options(String method) {
        return switch (method) {
            case DEVICE_ALONE -> List.of("--host", "app");
            case "default" -> starter.saving();
            default -> List.of("--host", starter.setup().host(), CAPTURE, method);
        };
    }

    private void pauses(Size size, String method, Figures figures, Budget budget)
            throws IOException, UnexpectedException, InterruptedException {
        List<CheckpointTaken> taken = new ArrayList<>();
        String name = size.label() + "_" + method;
        try (HeldJob job = starter.hold(size, 1, budget, options(method))) {
            for (int i = 0; i < (size.compareTo(LARGEST_NAIVE) <= 0 ? CHECKPOINTS : 1); i++) {
                long round = job.round();
                taken.add(job.checkpoint());
                put(figures, name, taken);
                job.removeImages();
                job.awaitRound(round + 1);
                Duration one = Duration.ofNanos(taken.getLast().totalNanos());
                if (!budget.allows(one.multipliedBy(2))) {
                    break;
                }
            }
            job.verify();
        }
    }

    private static void put(Figures figures, String name, List<CheckpointTaken> taken) {
        double pause = Median.of(taken.stream().map(CheckpointTaken::pauseNanos).toList());
        double total = Median.of(taken.stream().map(CheckpointTaken::totalNanos).toList());
        figures.put("pause_" + name + "_ms", pause / 1e6, 2);
        figures.put("pause_" + name + "_first_ms", taken.getFirst().pauseNanos() / 1e6, 2);
        figures.put("committed_" + name + "_ms", total / 1e6, 1);
        figures.put("image_" + name + "_bytes", taken.getLast().bytes());
        figures.put("pause_" + name + "_runs", taken.size());
    }

    /** Measures it, or tells what it would come to by the size before. */
    private void naive(Size size, Costs costs, Figures figures, Budget budget)
            throws IOException, InterruptedException {
        String name = "naive_" + size.label();
        if (!starter.setup().hasPlain()) {
            figures.skipped(name, "the property cryo.jcuda.natives does not name the folder of JCuda's natives");
            return;
        }
        boolean large = size.compareTo(LARGEST_NAIVE) > 0;
        Optional<String> lack = room.lack(size, 1)
                .or(() -> costs.lack("naive", size, budget.share(large ? 0.25 : 1)));
        if (lack.isPresent()) {
            OptionalDouble estimate = costs.naiveMillis(size);
            figures.skipped(name, lack.get());
            if (estimate.isPresent()) {
                figures.put(name + "_extrapolated_ms", estimate.getAsDouble(), 1);
            }
            return;
        }
        Path file = starter.place().home().resolve("naive.bin");
        long start = System.nanoTime();
        try {
            JsonNode result = starter.run(
                    Way.PLAIN, budget.limit(NAIVE), NaiveCheckpoint.class,
                    "--mib", "" + size.mib(), "--file", file.toString());
            double millis = result.path("nanos").asLong() / 1e6;
            figures.put(name + "_ms", millis, 1);
            figures.put(name + "_copy_ms", result.path("copy_nanos").asLong() / 1e6, 1);
            costs.put("naive", size, System.nanoTime() - start);
            costs.putNaiveMillis(size, millis);
        } catch (UnexpectedException e) {
            figures.failed(name, e);
        }
    }
}
