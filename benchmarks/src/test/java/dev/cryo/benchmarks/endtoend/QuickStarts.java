package dev.cryo.benchmarks.endtoend;

import dev.cryo.benchmarks.job.UnexpectedException;
import dev.cryo.benchmarks.starts.StartRecording;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.stream.Stream;

/** The start cache of these tests' commands, made once for each build, as the launcher script makes its own. */
final class QuickStarts {
    private static final Path CACHE = Path.of("target/command.aot").toAbsolutePath();

    private QuickStarts() {}

    /** The cache for commands whose class path begins with that of cryo's own parts in {@code dist}. */
    static synchronized Path cache(Path dist, String classPath) {
        try {
            if (!Files.exists(CACHE) || Files.getLastModifiedTime(CACHE).compareTo(newest(dist.resolve("lib"))) < 0) {
                StartRecording.record(dist, classPath, CACHE);
            }
            return CACHE;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (UnexpectedException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while start caches were made", e);
        }
    }

    private static FileTime newest(Path folder) throws IOException {
        FileTime newest = Files.getLastModifiedTime(folder);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                FileTime time = Files.getLastModifiedTime(file);
                newest = time.compareTo(newest) > 0 ? time : newest;
            }
        }
        return newest;
    }
}
