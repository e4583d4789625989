package dev.cryo.benchmarks.bench.gpu;

import dev.cryo.benchmarks.gpu.Holder;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A job that holds device memory, checkpointed and restarted. Closing ends it and removes its images. */
final class HeldJob implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration END = Duration.ofSeconds(20);
    private static final Duration CHECKPOINT = Duration.ofSeconds(180);
    private static final Pattern READY = Pattern.compile("ready (\\d+)");
    private static final Pattern ROUND = Pattern.compile("round (\\d+)");

    private final Starter starter;
    private final Workplace place;
    private final Budget budget;
    private final String name;
    private Child child;

    private HeldJob(Starter starter, Budget budget, String name, Child child) {
        this.starter = starter;
        this.place = starter.place();
        this.budget = budget;
        this.name = name;
        this.child = child;
    }

    /**
     * Starts a job and waits until it holds its memory.
     *
     * @param stride every such block is changed alone
     * @param options of {@code launch}, more than the device
     */
    static HeldJob start(Starter starter, Budget budget, Size size, int stride, List<String> options)
            throws IOException, UnexpectedException, InterruptedException {
        String name = starter.newName();
        Child child = starter.launch(
                name, options, Applications.java(Holder.class, "--mib", "" + size.mib(), "--stride", "" + stride));
        HeldJob job = new HeldJob(starter, budget, name, child);
        try {
            job.changing();
            job.awaitRound(1);
        } catch (UnexpectedException e) {
            job.close();
            throw e;
        }
        return job;
    }

    /** How many blocks are changed by turns. */
    long changing() throws UnexpectedException, InterruptedException {
        return number(READY, await(line -> READY.matcher(line).matches(), "that it is ready", START));
    }

    /** The last round that it told of. */
    long round() {
        return child.out().texts().stream()
                .filter(line -> ROUND.matcher(line).matches())
                .mapToLong(line -> number(ROUND, line))
                .max()
                .orElse(0);
    }

    void awaitRound(long round) throws UnexpectedException, InterruptedException {
        await(line -> ROUND.matcher(line).matches() && number(ROUND, line) >= round, "round " + round, START);
    }

    /** Takes a checkpoint and waits for its image. */
    CheckpointTaken checkpoint() throws UnexpectedException, InterruptedException {
        return starter.checkpoint(name, child, budget.limit(CHECKPOINT));
    }

    /** Kills it, restarts it from its last image and lets it run a while; nanoseconds from the command on. */
    long restart() throws IOException, UnexpectedException, InterruptedException {
        place.kill(name);
        child.exitCode(END);
        child = place.start("restart", name);
        long nanos = place.awaitRunning(name, child, budget.limit(CHECKPOINT)) - child.startedNanos();
        awaitRound(1);
        return nanos;
    }

    /** Has it compare all of its memory. */
    void verify() throws IOException, UnexpectedException, InterruptedException {
        int before = child.out().texts().size();
        child.write("verify\n");
        long limit = System.nanoTime() + budget.limit(START).toNanos();
        while (child.out().texts().stream().skip(before).noneMatch(line -> line.startsWith("verified "))) {
            if (!child.isAlive() || System.nanoTime() - limit > 0) {
                throw new UnexpectedException("its memory was not verified; " + child.printed());
            }
            Thread.sleep(20);
        }
    }

    /** Removes its images, so that there is room for others. */
    void removeImages() throws IOException {
        ImageStore store = ImageStore.in(place.job(name).resolve("images"));
        for (long image : store.numbers()) {
            store.remove(image);
        }
        store.collect(false);
    }

    private String await(java.util.function.Predicate<String> wanted, String what, Duration most)
            throws UnexpectedException, InterruptedException {
        try {
            return child.out().await(wanted, what, budget.limit(most)).text();
        } catch (UnexpectedException e) {
            throw new UnexpectedException("it did not say " + what + "; " + child.printed(), e);
        }
    }

    private static long number(Pattern pattern, String line) {
        Matcher matcher = pattern.matcher(line);
        if (!matcher.matches()) {
            throw new IllegalStateException(line);
        }
        return Long.parseLong(matcher.group(1));
    }

    /** A job that does not end in order is ended with all that it has started. */
    @Override
    public void close() throws IOException, InterruptedException {
        try {
            if (child.isAlive()) {
                place.kill(name);
                child.exitCode(END);
            }
        } catch (UnexpectedException e) {
            System.err.println("cryo: " + name + " is ended at once: " + e.getMessage());
        } finally {
            place.end(child);
            removeImages();
        }
    }
}
