package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Images that were fetched only to be looked at: a folder on the disk of the jobs, which closing removes. */
record FetchedImages(Path folder, ImageKeys keys) implements AutoCloseable {
    static FetchedImages beside(JobFolder job, ImageKeys keys) throws IOException {
        Path jobs = Objects.requireNonNull(job.path().getParent(), "jobs");
        Path home = Objects.requireNonNull(jobs.getParent(), "home");
        Files.createDirectories(home);
        return new FetchedImages(Files.createTempDirectory(home, "fetched-"), keys);
    }

    ImageStore images() {
        return ImageStore.in(folder.resolve("images"), keys);
    }

    @Override
    public void close() throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(folder)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.delete(file);
        }
    }
}
