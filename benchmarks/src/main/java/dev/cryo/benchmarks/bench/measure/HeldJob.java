package dev.cryo.benchmarks.bench.measure;

import dev.cryo.benchmarks.gpu.Holder;
import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.Lines;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.streamlog.control.ControlMessage.CheckpointTaken;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A job that holds device memory, checkpointed and restarted. Closing ends it and removes its images. */
public final class HeldJob implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration END = Duration.ofSeconds(20);
    private static final Duration CHECKPOINT = Duration.ofSeconds(180);
    private static final Pattern READY = Pattern.compile("ready (\\d+)");
    private static final Pattern ROUND = Pattern.compile("round (\\d+)");

    private final Workplace place;
    private final Budget budget;
    private final String name;
    private Child child;

    private HeldJob(Workplace place, Budget budget, String name, Child child) {
        this.place = place;
        this.budget = budget;
        this.name = name;
        this.child = child;
    }

    /**
     * Starts a job and waits until it holds its memory.
     *
     * @param name that no job here has had
     * @param options of {@code launch}
     * @param holding further options of the application, {@link Holder}
     */
    public static HeldJob start(
            Workplace place, Budget budget, String name, List<String> options, Size size, String... holding)
            throws IOException, UnexpectedException, InterruptedException {
        List<String> application = new ArrayList<>(Applications.java(Holder.class, "--mib", "" + size.mib()));
        application.addAll(List.of(holding));
        HeldJob job = new HeldJob(place, budget, name, place.launch(name, options, application));
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
    public long changing() throws UnexpectedException, InterruptedException {
        return number(READY, await(line -> READY.matcher(line).matches(), "that it is ready", START));
    }

    /** The last round that it told of. */
    public long round() {
        return rounds().stream().mapToLong(line -> number(ROUND, line.text())).max().orElse(0);
    }

    public void awaitRound(long round) throws UnexpectedException, InterruptedException {
        await(line -> ROUND.matcher(line).matches() && number(ROUND, line) >= round, "round " + round, START);
    }

    /** Takes a checkpoint and waits for its image. */
    public CheckpointTaken checkpoint() throws UnexpectedException, InterruptedException {
        return place.checkpoint(name, child, budget.limit(CHECKPOINT));
    }

    /** Has it saved, standing still, and ended: a synchronous checkpoint. */
    public CheckpointTaken stop() throws UnexpectedException, InterruptedException {
        CheckpointTaken taken = place.stop(name);
        child.exitCode(END);
        return taken;
    }

    /** Kills it, if it runs. */
    public void kill() throws IOException, UnexpectedException, InterruptedException {
        if (child.isAlive()) {
            place.kill(name);
            child.exitCode(END);
        }
    }

    /**
     * Kills it, restarts it from its last image and lets it run a while.
     *
     * @param options of {@code restart}
     */
    public Restarted restart(String... options) throws IOException, UnexpectedException, InterruptedException {
        kill();
        List<String> words = new ArrayList<>(List.of("restart"));
        words.addAll(List.of(options));
        words.add(name);
        child = place.start(words.toArray(String[]::new));
        long running = place.awaitRunning(name, child, budget.limit(CHECKPOINT));
        awaitRound(1);
        long round = rounds().getFirst().nanos();
        return new Restarted(running - child.startedNanos(), round - child.startedNanos());
    }

    /**
     * A restart, in nanoseconds from the start of the command.
     *
     * @param running until the job was said to run
     * @param round until it told of a round, of which each is a kernel or more
     */
    public record Restarted(long running, long round) {}

    /** Rounds in a second, between two times by {@link System#nanoTime}, from the first to the last that it told of. */
    public double rate(long from, long to) throws UnexpectedException {
        List<Lines.Line> told = rounds().stream()
                .filter(line -> line.nanos() >= from && line.nanos() <= to)
                .toList();
        if (told.size() < 2) {
            throw new UnexpectedException("it told of " + told.size() + " rounds in " + (to - from) / 1e9 + " s");
        }
        Lines.Line first = told.getFirst();
        Lines.Line last = told.getLast();
        return (number(ROUND, last.text()) - number(ROUND, first.text())) * 1e9 / (last.nanos() - first.nanos());
    }

    private List<Lines.Line> rounds() {
        return child.out().all().stream()
                .filter(line -> ROUND.matcher(line.text()).matches())
                .toList();
    }

    /** Has it compare all of its memory. */
    public void verify() throws IOException, UnexpectedException, InterruptedException {
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

    /** The folder of its images. */
    public Path images() {
        return place.job(name).resolve("images");
    }

    /** Removes its images, so that there is room for others. */
    public void removeImages() throws IOException {
        ImageStore store = ImageStore.in(images()).waiting(END);
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
            kill();
        } catch (UnexpectedException e) {
            System.err.println("cryo: " + name + " is ended at once: " + e.getMessage());
        } finally {
            place.end(child);
            removeImages();
        }
    }
}
