package dev.cryo.benchmarks.starts;

import dev.cryo.benchmarks.job.Applications;
import dev.cryo.benchmarks.job.Child;
import dev.cryo.benchmarks.job.CommandLine;
import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.job.Workplace;
import dev.cryo.benchmarks.trainer.StartTraining;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * Makes the start caches of cryo's JVMs, after which a start takes half the time: a {@linkplain StartTraining training}
 * is saved, killed and brought back, and the JVMs that do that record what they load and run. Before that, the archives
 * are made such that all of their classes can be in a cache. A cache that does not fit is not used, and nothing depends
 * on it.
 */
public final class StartRecording {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final String JOB = "start";

    private StartRecording() {}

    /** Makes those that the launcher script uses; for processes of its class path. */
    public static void main(String[] args) throws IOException, UnexpectedException, InterruptedException {
        Path dist = Path.of(Objects.requireNonNull(System.getProperty(CommandLine.DIST), CommandLine.DIST));
        record(dist, System.getProperty("java.class.path"), CommandLine.startCache(dist));
    }

    /**
     * Makes the cache of commands that run on a class path, and the proxy's, of the parts in {@code dist}.
     *
     * @param classPath of archives alone; the commands' may have more behind it
     */
    public static void record(Path dist, String classPath, Path startCache)
            throws IOException, UnexpectedException, InterruptedException {
        ModernArchive.inFolder(dist.resolve("lib"));
        CommandLine recording = CommandLine.recording(dist, classPath, startCache);
        try {
            record(recording, "criu");
        } catch (UnexpectedException e) {
            System.err.println("without CRIU, since: " + e.getMessage());
            record(recording, "app");
        }
        if (!Files.exists(startCache)) {
            throw new UnexpectedException("the JVM has made no " + startCache);
        }
    }

    private static void record(CommandLine recording, String host)
            throws IOException, UnexpectedException, InterruptedException {
        try (Workplace place = Workplace.create(recording)) {
            Path saved = place.home().resolve("saved");
            Child job = place.launch(
                    JOB,
                    List.of("--host", host, "--on-failure", "restart"),
                    Applications.java(StartTraining.class, saved.toString()));
            long end = System.nanoTime() + LIMIT.toNanos();
            while (!Files.exists(saved)) {
                if (!job.isAlive() || System.nanoTime() - end > 0) {
                    throw new UnexpectedException("the training was not saved; " + job.printed());
                }
                Thread.sleep(20);
            }
            place.kill(JOB);
            job.succeed(LIMIT);
        }
    }
}
