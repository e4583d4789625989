package dev.cryo.streamlog.image;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Checks all stored blocks of sections of an image, in the order in which they lie on the disk, by several threads. */
final class Verifier {
    private static final int MAX_THREADS = 8;

    private final ImageReader image;
    private final ImageReader.Progress progress;
    private final List<Task> tasks = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final long total;
    private long checked;

    Verifier(ImageReader image, List<Section> sections, ImageReader.Progress progress) throws ImageException {
        this.image = image;
        this.progress = progress;
        Set<BlockId> seen = new HashSet<>();
        for (Section section : sections) {
            for (int i = 0; i < section.blocks().size(); i++) {
                Optional<StoredBlock> stored = image.stored(section, i);
                if (stored.isPresent() && seen.add(section.blocks().get(i))) {
                    tasks.add(new Task(section, i, stored.get()));
                }
            }
        }
        tasks.sort(Comparator.comparing((Task task) -> task.block().path())
                .thenComparingLong(task -> task.block().at()));
        total = tasks.stream().mapToLong(task -> task.block().checked()).sum();
    }

    void verify() throws IOException {
        foreignFiles();
        int threads = Math.clamp(Math.min(tasks.size(), Runtime.getRuntime().availableProcessors()), 1, MAX_THREADS);
        try (ExecutorService workers = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("cryo-verify-", 0).factory())) {
            List<Future<?>> results = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                Callable<Boolean> worker = this::work;
                results.add(workers.submit(worker));
            }
            for (Future<?> result : results) {
                await(result);
            }
        }
    }

    private void foreignFiles() throws IOException {
        Set<String> known = image.files();
        try (Stream<Path> files = Files.list(image.folder())) {
            for (Path file : files.sorted().toList()) {
                if (!known.contains(file.getFileName().toString())) {
                    throw new CorruptImageException(
                            file, ImageException.NO_OFFSET, "only files that the manifest names", "another file");
                }
            }
        }
    }

    private boolean work() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            BlockBuffer buffer = new BlockBuffer(arena);
            for (int i = next.getAndIncrement(); i < tasks.size(); i = next.getAndIncrement()) {
                Task task = tasks.get(i);
                int unused = image.loadNamed(task.section(), task.index(), buffer);
                done(task.block().checked());
            }
            return true;
        } catch (IOException | RuntimeException | Error e) {
            next.set(tasks.size()); // The others need not go on.
            throw e;
        }
    }

    private synchronized void done(int bytes) {
        checked += bytes;
        progress.checked(checked, total);
    }

    private static void await(Future<?> result) throws IOException {
        try {
            result.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException(e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while an image was verified", e);
        }
    }

    private record Task(Section section, int index, StoredBlock block) {}
}
