package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * The images of one job: a folder with a folder for each. Any number of processes may read; one at a time changes the
 * store. Thread-safe.
 */
public final class ImageStore {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path folder;
    private final StoreFolder names;
    private final ImageKeys keys;
    private final Peers peers;
    private final Duration patience;
    private final Disk disk;
    private final InstantSource clock;

    ImageStore(Path folder, ImageKeys keys, Disk disk, InstantSource clock) {
        this(folder, keys, Peers.NONE, Duration.ZERO, disk, clock);
    }

    private ImageStore(
            Path folder, ImageKeys keys, Peers peers, Duration patience, Disk disk, InstantSource clock) {
        this.folder = folder;
        this.names = new StoreFolder(folder, disk);
        this.keys = keys;
        this.peers = peers;
        this.patience = patience;
        this.disk = disk;
        this.clock = clock;
    }

    /** Tells the stores of other jobs with which blocks are shared. */
    @FunctionalInterface
    public interface Peers {
        /** None. */
        Peers NONE = List::of;

        /** The folders of their images; asked again for each image. They need not exist. */
        List<Path> folders() throws IOException;
    }

    /** The store in a folder, which {@link #begin} creates if it is not there, but not those above it. */
    public static ImageStore in(Path folder) {
        return in(folder, ImageKeys.NONE);
    }

    /** The same, whose images are written encrypted if there is a key, and can be read if they are. */
    public static ImageStore in(Path folder, ImageKeys keys) {
        return new ImageStore(folder, keys, Disk.REAL, InstantSource.system());
    }

    static ImageStore in(Path folder, Disk disk, InstantSource clock) {
        return new ImageStore(folder, ImageKeys.NONE, disk, clock);
    }

    /**
     * The same store, whose new images refer to blocks that other jobs have instead of writing them. The other jobs are
     * only read: what is referred to becomes this store's as well, by hard links.
     */
    public ImageStore sharing(Peers others) {
        return new ImageStore(folder, keys, others, patience, disk, clock);
    }

    /** The same store, that waits for a while as {@link #waiting} does: longer than any of these should take. */
    public ImageStore patient() {
        return waiting(PATIENCE);
    }

    /**
     * The same store, that waits so long while another process has the right to change it: writes or restores an image,
     * removes some, or gives back room. An interrupt ends the wait with an {@link java.io.InterruptedIOException}.
     */
    public ImageStore waiting(Duration limit) {
        return new ImageStore(folder, keys, peers, limit, disk, clock);
    }

    /** The numbers of the committed images, ascending; none where there is no store. */
    public List<Long> numbers() throws IOException {
        return names.numbers();
    }

    /** The number of the newest committed image. */
    public OptionalLong latest() throws IOException {
        return numbers().stream().mapToLong(Long::longValue).max();
    }

    /** The folder of an image, which need not exist. */
    public Path folder(long number) {
        return names.image(number);
    }

    /**
     * Opens an image and checks its manifest.
     *
     * @throws NoSuchFileException if there is no such image
     * @throws ImageException if it cannot be used
     */
    public ImageReader read(long number) throws IOException {
        return read(number, Optional.empty());
    }

    /**
     * The same, and nobody removes an image or gives back room until it is closed, so that it can be opened by others,
     * too. Of a store that is only to be read nobody does that.
     *
     * @throws IOException if the store is being changed
     */
    public ImageReader hold(long number) throws IOException {
        if (!Files.isWritable(folder)) {
            return read(number);
        }
        StoreLock lock = take();
        try {
            return read(number, Optional.of(lock));
        } catch (IOException | RuntimeException | Error e) {
            lock.close();
            throw e;
        }
    }

    private ImageReader read(long number, Optional<StoreLock> lock) throws IOException {
        ImageReader reader = ImageReader.open(names.existing(number), keys, lock);
        try {
            ManifestCheck.number(folder(number), reader.manifest(), number);
            return reader;
        } catch (ImageException e) {
            reader.close();
            throw e;
        }
    }

    /**
     * The bytes that writing an image has added to the store: its own files, and the blocks that no earlier one had
     * nor any other job with which they are shared.
     *
     * @throws NoSuchFileException if there is no such image
     */
    public long addedBytes(long number) throws IOException {
        return ImageList.folderBytes(names.existing(number))
                + ImageList.addedPackBytes(names.packs(), number);
    }

    /**
     * The bytes that an image needs on disk, be it together with others.
     *
     * @throws NoSuchFileException if there is no such image
     */
    public long neededBytes(long number) throws IOException {
        try (ImageReader image = read(number)) {
            return ImageList.neededBytes(image.folder(), image.manifest(), image.blocks());
        }
    }

    /** All committed images, ascending; the packs are looked at once for all of them. */
    public List<ListedImage> list() throws IOException {
        return ImageList.of(names, keys);
    }

    /**
     * Removes the oldest images.
     *
     * @param count how many are kept, at least 1
     * @return the numbers of those that were removed
     */
    public List<Long> keep(int count) throws IOException {
        return keep(count, 0);
    }

    /** The same, but for one that is kept as well. */
    public List<Long> keep(int count, long spared) throws IOException {
        if (numbers().size() <= count) {
            return List.of();
        }
        try (StoreLock lock = take()) {
            List<Long> all = numbers();
            List<Long> old = all.subList(0, Math.max(0, all.size() - Math.max(1, count))).stream()
                    .filter(number -> number != spared)
                    .toList();
            for (long number : old) {
                remove(number, lock);
            }
            return old;
        }
    }

    /**
     * Gives back the room of blocks that no image needs, or only tells how much that is.
     *
     * @throws IOException if the store is being changed, or an image cannot be read, so that nobody knows what it
     *     needs; nothing is given back then
     */
    public Collected collect(boolean dryRun) throws IOException {
        Packs.requireFolder(names.packs());
        if (!Packs.isFolder(names.packs())) {
            return new Collected(0, 0);
        }
        try (StoreLock lock = take()) {
            // One of two must keep what both have: the one whose folder comes first.
            List<Path> before = peers.folders().stream()
                    .filter(other -> other.compareTo(folder) < 0)
                    .toList();
            return collect(lock, before, dryRun);
        }
    }

    private Collected collect(@SuppressWarnings("unused") StoreLock proof, List<Path> before, boolean dryRun)
            throws IOException {
        PackCollector collector = new PackCollector(names.packs(), disk, dryRun);
        for (long number : numbers()) {
            try {
                collector.need(ManifestFile.read(folder(number), keys).manifest());
            } catch (ImageException e) {
                throw new IOException(
                        "image " + number + " cannot be read, so nobody knows which blocks it needs; remove it if it"
                                + " is of no use: " + e.getMessage(),
                        e);
            }
        }
        return collector.collect(PeerPack.of(before));
    }

    /**
     * What is, or would be, given back.
     *
     * @param packs how many files are removed or made smaller
     * @param bytes that the disk gets back, which it does not of files that other jobs have, too; below 0 where what is
     *     needed of such files was copied
     * @param foreign what has a pack's name and is no file, such as a link: it is left alone
     */
    public record Collected(int packs, long bytes, List<Path> foreign) {
        /** With nothing that is left alone. */
        public Collected(int packs, long bytes) {
            this(packs, bytes, List.of());
        }

        /** With a copy of the list. */
        public Collected {
            foreign = List.copyOf(foreign);
        }
    }

    /**
     * Removes an image: at one instant it is no longer there. The room of its blocks is given back by {@link #collect}.
     *
     * @throws NoSuchFileException if there is no such image
     * @throws IOException if the store is being changed
     */
    public void remove(long number) throws IOException {
        Path unused = names.existing(number);
        try (StoreLock lock = take()) {
            remove(number, lock);
        }
    }

    private void remove(long number, @SuppressWarnings("unused") StoreLock proof) throws IOException {
        Path removed = names.removed(number);
        disk.rename(names.existing(number), removed);
        disk.forceParent(removed);
        disk.deleteTree(removed);
    }

    /**
     * Removes what crashed writers left behind; images are not touched, nor a store that is only to be read.
     *
     * @return how many
     * @throws IOException if the store is being changed
     */
    public int cleanLeftovers() throws IOException {
        if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
            return 0;
        }
        try (StoreLock lock = take()) {
            rememberNumbers(lock);
            return removeUnfinished(lock) + orphans(lock);
        }
    }

    /** What was being written or removed; the numbers are remembered already. */
    private int removeUnfinished(@SuppressWarnings("unused") StoreLock proof) throws IOException {
        int count = PackCollector.removePartial(names.packs(), disk);
        for (Path unfinished : names.unfinished()) {
            disk.deleteTree(unfinished);
            count++;
        }
        return count;
    }

    /** Packs of an image that was never committed, or was removed. */
    private int orphans(StoreLock lock) throws IOException {
        if (!Packs.isFolder(names.packs())) {
            return 0;
        }
        for (long number : numbers()) {
            if (!ImageReader.isReadable(folder(number), keys)) {
                return 0; // Nobody knows what it needs.
            }
        }
        return collect(lock, List.of(), false).packs();
    }

    /**
     * Begins a new image. What a crashed writer has not finished is removed before.
     *
     * @throws IOException if the store is being changed, or the disk is full
     */
    public ImageWriter begin() throws IOException {
        names.create();
        return begin(take());
    }

    private StoreLock take() throws IOException {
        return StoreLock.take(folder, patience);
    }

    private ImageWriter begin(StoreLock lock) throws IOException {
        try {
            long number = rememberNumbers(lock) + 1;
            Path partial = names.partial(number);
            lock.use(number, disk);
            int unused = removeUnfinished(lock);
            names.createPacks();
            disk.createFolder(partial);
            return new ImageWriter(
                    number,
                    UUID.randomUUID(),
                    partial,
                    folder(number),
                    keys.find(),
                    peers.folders(),
                    disk,
                    clock,
                    lock);
        } catch (IOException | RuntimeException | Error e) {
            lock.close();
            throw e;
        }
    }

    /**
     * Reads a manifest that is in memory, with the keys of this store; what it says of blocks is not checked.
     *
     * @param where it comes from, for messages
     */
    public Manifest decode(byte[] contents, String where) throws IOException {
        Path path = Path.of(where);
        Manifest manifest = ManifestFile.decode(path, contents, keys).manifest();
        JobCheck.check(path, manifest.job());
        return manifest;
    }

    /**
     * An image to be carried to another store.
     *
     * @throws NoSuchFileException if there is no such image
     * @throws ImageException if it cannot be used
     */
    public CarriedImage carry(long number) throws IOException {
        try (ImageReader image = read(number)) {
            return CarriedImage.of(image);
        }
    }

    /**
     * Begins to take in an image that comes from another store.
     *
     * @param number that it has, which none here has
     * @param last the newest number there, which no new image here is to have
     * @throws IOException if the store is being changed, or there is one of that number
     */
    public ImageReceiver receive(long number, long last) throws IOException {
        names.create();
        StoreLock lock = take();
        try {
            if (Files.exists(folder(number), LinkOption.NOFOLLOW_LINKS)) {
                throw new FileAlreadyExistsException(folder(number).toString());
            }
            lock.use(Math.max(Math.max(number, last), rememberNumbers(lock)), disk);
            names.createPacks();
            return new ImageReceiver(number, names.partial(number), folder(number), keys, disk, lock);
        } catch (IOException | RuntimeException | Error e) {
            lock.close();
            throw e;
        }
    }

    private long rememberNumbers(StoreLock lock) throws IOException {
        long remembered = lock.lastNumber();
        long last = Math.max(remembered, names.lastNumber());
        if (last > remembered) {
            lock.use(last, disk);
        }
        return last;
    }

    /** The last number that an image had, be it removed since or unfinished; 0 for none. */
    public long lastNumber() throws IOException {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (StoreLock lock = take()) {
            return rememberNumbers(lock);
        }
    }
}
