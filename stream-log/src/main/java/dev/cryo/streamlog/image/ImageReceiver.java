package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Takes an image that comes from another store into this one, by the rules of a store: {@linkplain IncomingPack packs}
 * are checked, synced and renamed one by one, and the image is there when its folder has its name. Closing one that is
 * not committed leaves what {@link ImageStore#cleanLeftovers} removes. Holds the store's lock; for one thread.
 */
public final class ImageReceiver implements AutoCloseable {
    private final long number;
    private final Path partial;
    private final Path target;
    private final ImageKeys keys;
    private final Disk disk;
    private final StoreLock lock;
    private final Set<String> names = new HashSet<>();

    ImageReceiver(long number, Path partial, Path target, ImageKeys keys, Disk disk, StoreLock lock)
            throws IOException {
        this.number = number;
        this.partial = partial;
        this.target = target;
        this.keys = keys;
        this.disk = disk;
        this.lock = lock;
        try (Packs packs = Packs.indices(folder())) {
            for (PackFile pack : packs.readable()) {
                names.add(CarriedPack.of(pack.path()).name());
            }
        }
    }

    private Path folder() {
        return partial.resolveSibling(Packs.FOLDER);
    }

    /** Whether the store had a pack of that name when this began. */
    public boolean has(String name) {
        return names.contains(name);
    }

    /**
     * Begins to take in a pack that the store has not; closed by the caller.
     *
     * @throws IllegalArgumentException if it is no name of a pack
     */
    public IncomingPack begin(String name) throws IOException {
        return new IncomingPack(name, folder(), disk);
    }

    /**
     * Commits the image: from now on it is in the store, durably.
     *
     * @throws ImageException if the manifest is damaged or another image's, or blocks are missing
     */
    public void commit(byte[] manifest) throws IOException {
        disk.createFolder(partial);
        Path path = partial.resolve(Manifest.FILE);
        try (FileChannel channel = disk.createFile(path)) {
            disk.write(path, channel, ByteBuffer.wrap(manifest));
            disk.force(path, channel);
        }
        disk.forceFolder(partial);
        try (ImageReader image = ImageReader.open(partial, keys)) {
            ManifestCheck.number(partial, image.manifest(), number);
        }
        disk.rename(partial, target);
        disk.forceParent(target);
    }

    @Override
    public void close() throws IOException {
        try (lock) {
            if (Files.isDirectory(partial)) {
                disk.deleteTree(partial);
            }
        }
    }
}
