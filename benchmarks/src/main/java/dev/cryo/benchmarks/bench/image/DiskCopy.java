package dev.cryo.benchmarks.bench.image;

import dev.cryo.benchmarks.job.UnexpectedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A plain copy of what a checkpoint has written, by {@code dd} with a sync at its end: what the disk can do. */
final class DiskCopy {
    /** That of the threads which work at an image. */
    private static final String PRIORITY = "10";

    private DiskCopy() {}

    /** How long it takes to copy all packs of a folder of images to a file, which is removed afterwards. */
    static double seconds(Path images, Path to) throws IOException, UnexpectedException, InterruptedException {
        long start = System.nanoTime();
        long inRemoval = 0;
        for (Path pack : packs(images)) {
            run(List.of("nice", "-n", PRIORITY, "dd", "if=" + pack, "of=" + to, "bs=2M", "conv=fsync", "status=none"));
            long copied = System.nanoTime();
            Files.delete(to);
            inRemoval += System.nanoTime() - copied;
        }
        return (System.nanoTime() - start - inRemoval) / 1e9;
    }

    private static List<Path> packs(Path images) throws IOException {
        try (Stream<Path> files = Files.walk(images)) {
            return files.filter(file -> file.toString().endsWith(".pack")).toList();
        }
    }

    private static void run(List<String> command) throws IOException, UnexpectedException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new UnexpectedException(String.join(" ", command) + " failed: " + printed.strip());
        }
    }
}
