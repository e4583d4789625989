package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The images of one job: a folder with a folder for each. Any number of processes may read; one at a time writes.
 * Thread-safe.
 */
public final class ImageStore {
    private static final Pattern IMAGE = Pattern.compile("([1-9][0-9]{0,17})(\\.partial|\\.removed)?");
    private static final String PARTIAL = ".partial";
    private static final String REMOVED = ".removed";

    private final Path folder;
    private final Disk disk;
    private final InstantSource clock;

    private ImageStore(Path folder, Disk disk, InstantSource clock) {
        this.folder = folder;
        this.disk = disk;
        this.clock = clock;
    }

    /** The store in a folder, which {@link #begin} creates if it is not there, but not those above it. */
    public static ImageStore in(Path folder) {
        return in(folder, Disk.REAL, InstantSource.system());
    }

    static ImageStore in(Path folder, Disk disk, InstantSource clock) {
        return new ImageStore(folder, disk, clock);
    }

    /** The numbers of the committed images, ascending; none where there is no store. */
    public List<Long> numbers() throws IOException {
        return entries().stream()
                .map(Path::getFileName)
                .map(name -> IMAGE.matcher(name.toString()))
                .filter(name -> name.matches() && name.group(2) == null)
                .map(name -> Long.valueOf(name.group(1)))
                .sorted()
                .toList();
    }

    /** The number of the newest committed image. */
    public OptionalLong latest() throws IOException {
        return numbers().stream().mapToLong(Long::longValue).max();
    }

    /** The folder of an image, which need not exist. */
    public Path folder(long number) {
        return folder.resolve(Long.toString(number));
    }

    /**
     * Opens an image and checks its manifest.
     *
     * @throws NoSuchFileException if there is no such image
     * @throws ImageException if it cannot be used
     */
    public ImageReader read(long number) throws IOException {
        ImageReader reader = ImageReader.open(existing(number));
        if (reader.manifest().number() != number) {
            reader.close();
            throw new CorruptImageException(
                    folder(number).resolve(Manifest.FILE),
                    ImageException.NO_OFFSET,
                    "image " + number,
                    "image " + reader.manifest().number());
        }
        return reader;
    }

    /**
     * The bytes that the files of an image have.
     *
     * @throws NoSuchFileException if there is no such image
     */
    public long diskBytes(long number) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.list(existing(number))) {
            for (Path file : files.toList()) {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    /**
     * Removes an image: at one instant it is no longer there.
     *
     * @throws NoSuchFileException if there is no such image
     */
    public void remove(long number) throws IOException {
        Path removed = folder.resolve(number + REMOVED);
        disk.rename(existing(number), removed);
        disk.forceParent(removed);
        disk.deleteTree(removed);
    }

    /**
     * Removes what crashed writers left behind; images are not touched.
     *
     * @return how many
     * @throws IOException if an image is being written
     */
    public int cleanLeftovers() throws IOException {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (StoreLock lock = StoreLock.take(folder)) {
            rememberNumbers(lock);
            int count = 0;
            for (Path entry : entries()) {
                Matcher name = IMAGE.matcher(entry.getFileName().toString());
                if (name.matches() && name.group(2) != null) {
                    disk.deleteTree(entry);
                    count++;
                }
            }
            return count;
        }
    }

    /**
     * Begins a new image.
     *
     * @throws IOException if another is being written, or the disk is full
     */
    public ImageWriter begin() throws IOException {
        if (!Files.isDirectory(folder)) {
            disk.createFolder(folder);
            disk.forceParent(folder);
        }
        StoreLock lock = StoreLock.take(folder);
        try {
            long number = rememberNumbers(lock) + 1;
            Path partial = folder.resolve(number + PARTIAL);
            lock.use(number, disk);
            disk.createFolder(partial);
            return new ImageWriter(number, UUID.randomUUID(), partial, folder(number), disk, clock, lock);
        } catch (IOException | RuntimeException | Error e) {
            lock.close();
            throw e;
        }
    }

    private long rememberNumbers(StoreLock lock) throws IOException {
        long remembered = lock.lastNumber();
        long last = remembered;
        for (Path entry : entries()) {
            Matcher name = IMAGE.matcher(entry.getFileName().toString());
            if (name.matches()) {
                last = Math.max(last, Long.parseLong(name.group(1)));
            }
        }
        if (last > remembered) {
            lock.use(last, disk);
        }
        return last;
    }

    private Path existing(long number) throws IOException {
        Path image = folder(number);
        if (!Files.isDirectory(image, LinkOption.NOFOLLOW_LINKS)) {
            throw new NoSuchFileException(image.toString(), null, "no image " + number + "; there are " + numbers());
        }
        return image;
    }

    private List<Path> entries() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        }
    }
}
