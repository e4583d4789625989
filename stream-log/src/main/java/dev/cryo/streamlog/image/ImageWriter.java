package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * An image that is being written. Closing one that is not committed removes it. Thread-safe; sections may be written by
 * several threads and processes at a time, each into a pack of its own.
 */
public final class ImageWriter implements AutoCloseable {
    private final long number;
    private final UUID id;
    private final Path partial;
    private final Path target;
    private final Optional<ImageKey> key;
    private final List<Path> peers;
    private final Disk disk;
    private final InstantSource clock;
    private final StoreLock lock;
    private final List<Section> sections = new ArrayList<>();
    private boolean done;

    ImageWriter(
            long number,
            UUID id,
            Path partial,
            Path target,
            Optional<ImageKey> key,
            List<Path> peers,
            Disk disk,
            InstantSource clock,
            StoreLock lock) {
        this.number = number;
        this.id = id;
        this.partial = partial;
        this.target = target;
        this.key = key;
        this.peers = peers;
        this.disk = disk;
        this.clock = clock;
        this.lock = lock;
    }

    /** The number that the image will have. */
    public long number() {
        return number;
    }

    /** What all sections have to be encrypted with, if anything. */
    public Optional<ImageKey> key() {
        return key;
    }

    /** The folders of other jobs' images, of which blocks are referred to instead of being written. */
    public List<Path> peers() {
        return peers;
    }

    /** The folder that section files are to be created in, until the image is committed. */
    public Path folder() {
        return partial;
    }

    /** What the names of an image's packs begin with. */
    static String packPrefix(Path folder) {
        return folder.getFileName().toString().replaceFirst("\\..*", "") + "-";
    }

    /** Creates a writer of sections, to be finished, {@linkplain #add added} and closed by the caller. */
    public SectionWriter sections(String name, WriteOptions options) throws IOException {
        return SectionWriter.create(partial, name, options.with(key, peers), disk);
    }

    /** Creates one with {@linkplain WriteOptions#ORDINARY ordinary} options. */
    public SectionWriter sections(String name) throws IOException {
        return sections(name, WriteOptions.ORDINARY);
    }

    /**
     * Takes the sections of a writer that has finished into the image.
     *
     * @param descriptions what {@link SectionWriter#finish} returned, here or in another process
     * @throws IOException if they are not such descriptions
     */
    public synchronized void add(byte[] descriptions) throws IOException {
        sections.addAll(SectionList.decode(descriptions).sections());
    }

    /**
     * Commits the image: from now on it is in the store, durably.
     *
     * @throws IOException if that fails; the image is then to be closed, and removed by that. Only where the last step,
     *     the sync of the store's folder, fails does the image stay
     */
    public synchronized Manifest commit(JobInfo job) throws IOException {
        if (done) {
            throw new IllegalStateException("image " + number + " is committed or given up");
        }
        Manifest manifest = new Manifest(job, number, clock.millis(), sections);
        try (Packs packs = Packs.indices(partial.resolveSibling(Packs.FOLDER))) {
            ManifestCheck.check(partial, manifest, packs);
        }
        Path path = partial.resolve(Manifest.FILE);
        try (FileChannel channel = disk.createFile(path)) {
            disk.write(path, channel, ByteBuffer.wrap(new ManifestFile(id, manifest, key).encode()));
            disk.force(path, channel);
        }
        disk.forceFolder(partial);
        disk.rename(partial, target);
        done = true;
        disk.forceParent(target);
        return manifest;
    }

    /** Removes what was written, unless it was committed, and lets others write. */
    @Override
    public synchronized void close() throws IOException {
        try (lock) {
            if (!done) {
                done = true;
                PackCollector.removeAll(partial.resolveSibling(Packs.FOLDER), packPrefix(partial), disk);
                disk.deleteTree(partial);
            }
        }
    }
}
