package dev.cryo.benchmarks.bench.image;

import dev.cryo.benchmarks.bench.Median;
import dev.cryo.benchmarks.bench.measure.Budget;
import dev.cryo.benchmarks.bench.measure.Figures;
import dev.cryo.benchmarks.bench.measure.HeldJob;
import dev.cryo.benchmarks.bench.measure.Size;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Measures checkpoints and restarts of jobs that hold device memory; figures are medians. */
final class ImageBench {
    /** Device memory alone is saved. */
    private static final List<String> DEVICE_ALONE = List.of("--host", "app");

    /** The whole job is saved. */
    private static final List<String> WHOLE = List.of();

    private static final int ONE_IN_TWENTY = 20;

    private final Workplace place;
    private final Budget budget;
    private final Figures figures;
    private final int runs;
    private int jobs;

    ImageBench(Workplace place, Budget budget, Figures figures, int runs) {
        this.place = place;
        this.budget = budget;
        this.figures = figures;
        this.runs = runs;
    }

    /** A part of the figures. */
    private interface Part {
        void measure() throws IOException, UnexpectedException, InterruptedException;
    }

    void measure(Size small, Size large) throws IOException, InterruptedException {
        attempt("checkpoints", () -> checkpoints(large));
        attempt("rewriting", () -> rewriting(large));
        attempt("incremental", () -> incremental(large));
        attempt("restarts", () -> restarts(small, large));
    }

    private void attempt(String name, Part part) throws IOException, InterruptedException {
        try {
            part.measure();
        } catch (UnexpectedException e) {
            figures.failed(name, e);
        }
    }

    private HeldJob hold(Size size, List<String> options, int stride, int told)
            throws IOException, UnexpectedException, InterruptedException {
        return HeldJob.start(
                place, budget, "image-" + ++jobs, options, size,
                "--stride", "" + stride, "--told", "" + told, "--round-ms", "0");
    }

    /** Forked and synchronous ones by turns, and copies by dd of what the forked ones have written. */
    private void checkpoints(Size size) throws IOException, UnexpectedException, InterruptedException {
        List<Long> forked = new ArrayList<>();
        List<Long> synchronous = new ArrayList<>();
        List<Double> slowdowns = new ArrayList<>();
        List<Double> shares = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
            try (HeldJob job = hold(size, DEVICE_ALONE, ONE_IN_TWENTY, 1)) {
                job.awaitRound(job.changing());
                Forked checkpoint = forked(job);
                double copied = DiskCopy.seconds(job.images(), place.home().resolve("copy"));
                forked.add(checkpoint.taken.pauseNanos());
                slowdowns.add(checkpoint.slowdown);
                shares.add(copied * 1e9 / checkpoint.taken.totalNanos());
                job.removeImages();
                synchronous.add(job.stop().totalNanos());
            }
            millis("pause_forked_ms", forked);
            millis("pause_synchronous_ms", synchronous);
            figures.put("pause_ratio", Median.of(synchronous) / Median.of(forked), 1);
            figures.put("slowdown_ratio", Median.of(slowdowns), 3);
            figures.put("writer_vs_dd", Median.of(shares), 3);
        }
    }

    /** The same where the job changes all of its memory, as fast as it can: each page is copied once meanwhile. */
    private void rewriting(Size size) throws IOException, UnexpectedException, InterruptedException {
        List<Double> slowdowns = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
            try (HeldJob job = hold(size, DEVICE_ALONE, 1, 1)) {
                job.awaitRound(job.changing());
                slowdowns.add(forked(job).slowdown);
            }
            figures.put("slowdown_rewriting_ratio", Median.of(slowdowns), 3);
        }
    }

    /** A checkpoint, and how much faster the job is for as long a time afterwards than while it was written. */
    private record Forked(CheckpointTaken taken, double slowdown) {}

    private static Forked forked(HeldJob job) throws UnexpectedException, InterruptedException {
        long start = System.nanoTime();
        CheckpointTaken taken = job.checkpoint();
        long end = System.nanoTime();
        Thread.sleep((end - start) / 1_000_000);
        return new Forked(taken, job.rate(end, System.nanoTime()) / job.rate(start, end));
    }

    private void millis(String name, List<Long> nanos) {
        figures.put(name, Median.of(nanos) / 1e6, 1);
    }

    private void incremental(Size size) throws IOException, UnexpectedException, InterruptedException {
        List<Double> bytes = new ArrayList<>();
        List<Double> times = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
            try (HeldJob job = hold(size, DEVICE_ALONE, ONE_IN_TWENTY, 1)) {
                CheckpointTaken first = job.checkpoint();
                // Every block that is ever changed has changed since.
                job.awaitRound(job.round() + job.changing() + 1);
                CheckpointTaken second = job.checkpoint();
                bytes.add((double) second.bytes() / first.bytes());
                times.add((double) writingNanos(second) / writingNanos(first));
                job.verify();
            }
            figures.put("incremental_bytes_ratio", Median.of(bytes), 4);
            figures.put("incremental_time_ratio", Median.of(times), 4);
        }
    }

    /** How long a checkpoint took, but for the job's pause. */
    private static long writingNanos(CheckpointTaken checkpoint) {
        return checkpoint.totalNanos() - checkpoint.pauseNanos();
    }

    /** Of whole jobs, with the host's state; all by turns, and nothing else runs meanwhile. */
    private void restarts(Size small, Size large) throws IOException, UnexpectedException, InterruptedException {
        List<Long> ofSmall = new ArrayList<>();
        List<Long> ofLarge = new ArrayList<>();
        List<Long> prefaulted = new ArrayList<>();
        try (HeldJob little = hold(small, WHOLE, 1, 1)) {
            little.checkpoint();
            little.kill();
            try (HeldJob much = hold(large, WHOLE, 1, 1)) {
                pauses(much);
                much.kill();
                for (int run = 0; run < runs; run++) {
                    restart(little, ofSmall);
                    restart(much, ofLarge);
                    restart(much, prefaulted, "--prefault");
                    millis("restart_" + small.label() + "_ms", ofSmall);
                    millis("restart_" + large.label() + "_ms", ofLarge);
                    millis("restart_" + large.label() + "_prefault_ms", prefaulted);
                    figures.put("restart_ratio", Median.of(ofLarge) / Median.of(ofSmall), 3);
                }
            }
            figures.put("restart_verified", true);
        }
    }

    private void pauses(HeldJob job) throws UnexpectedException, InterruptedException {
        List<Long> pauses = new ArrayList<>();
        for (int i = 0; i < runs; i++) {
            pauses.add(job.checkpoint().pauseNanos());
        }
        millis("pause_forked_criu_ms", pauses);
    }

    /** Measures until the first kernel; the job has compared all of its memory and does not run any more afterwards. */
    private static void restart(HeldJob job, List<Long> nanos, String... options)
            throws IOException, UnexpectedException, InterruptedException {
        nanos.add(job.restart(options).round());
        job.verify();
        job.kill();
    }
}
