package dev.cryo.streamlog.image;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Checks all stored blocks of sections of an image, in the order in which they lie on the disk, by several threads; and
 * writes them to files on the way, where that is wanted.
 */
final class Verifier implements AutoCloseable {
    private static final int MAX_THREADS = 8;

    private final ImageReader image;
    private final ImageReader.Progress progress;
    private final List<UnpackedFile> files = new ArrayList<>();
    private final List<Task> tasks;
    private final AtomicInteger next = new AtomicInteger();
    private final long total;
    private long checked;

    /**
     * Creates the files, but does not begin.
     *
     * @param targets the files that sections are written to, which must not exist
     */
    Verifier(
            ImageReader image,
            List<Section> sections,
            Function<Section, Optional<Path>> targets,
            ImageReader.Progress progress)
            throws IOException {
        this.image = image;
        this.progress = progress;
        Map<BlockId, Task> byName = new LinkedHashMap<>();
        try {
            for (Section section : sections) {
                Optional<Path> target = targets.apply(section);
                Optional<UnpackedFile> file = target.isPresent()
                        ? Optional.of(UnpackedFile.create(target.get(), section))
                        : Optional.empty();
                file.ifPresent(files::add);
                for (int i = 0; i < section.blocks().size(); i++) {
                    add(section, i, file, byName);
                }
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
        tasks = byName.values().stream()
                .sorted(Comparator.comparing((Task task) -> task.block().path())
                        .thenComparingLong(task -> task.block().at()))
                .toList();
        total = tasks.stream().mapToLong(task -> task.block().checked()).sum();
    }

    private void add(Section section, int index, Optional<UnpackedFile> file, Map<BlockId, Task> byName)
            throws ImageException {
        Optional<StoredBlock> stored = image.stored(section, index);
        if (stored.isPresent()) {
            Task task = byName.computeIfAbsent(
                    section.blocks().get(index), id -> new Task(section, index, stored.get(), new ArrayList<>()));
            file.ifPresent(to -> task.places().add(new Place(to, index)));
        }
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
                int bytes = image.loadNamed(task.section(), task.index(), buffer);
                for (Place place : task.places()) {
                    place.file().write(place.index(), buffer.bytes().clear().limit(bytes));
                }
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

    @Override
    public void close() throws IOException {
        for (UnpackedFile file : files) {
            file.close();
        }
    }

    /** A block, by the first place in the image that has it, and where it is written to. */
    private record Task(Section section, int index, StoredBlock block, List<Place> places) {}

    private record Place(UnpackedFile file, int index) {}
}
