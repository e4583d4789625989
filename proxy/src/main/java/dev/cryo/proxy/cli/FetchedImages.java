package dev.cryo.proxy.cli;

import dev.cryo.proxy.supervisor.JobFolder;
import dev.cryo.proxy.supervisor.ProcessFolder;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Images that were fetched only to be looked at: a folder on the disk of the jobs, which closing removes, or, if this
 * process is killed, the next one that makes such a folder.
 */
record FetchedImages(Path folder, ImageKeys keys) implements AutoCloseable {
    private static final String NAME = "fetched";

    static FetchedImages beside(JobFolder job, ImageKeys keys) throws IOException {
        Path jobs = Objects.requireNonNull(job.path().getParent(), "jobs");
        Path home = Objects.requireNonNull(jobs.getParent(), "home");
        Files.createDirectories(home);
        ProcessFolder.cleanLeftovers(home, NAME);
        return new FetchedImages(ProcessFolder.create(home, NAME), keys);
    }

    ImageStore images() {
        return ImageStore.in(folder.resolve("images"), keys);
    }

    @Override
    public void close() throws IOException {
        ProcessFolder.remove(folder);
    }
}
