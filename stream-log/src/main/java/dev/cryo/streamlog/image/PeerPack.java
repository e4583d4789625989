package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A pack of another job's store. A job that refers to one of its blocks has a link to it among its own packs first (a
 * hard link): from then on the pack is both jobs', and the disk gives its room back when the last of them lets it go.
 *
 * @param identity of the file, which names of files may lose
 * @param bytes of the file
 */
record PeerPack(Path path, Object identity, long bytes, PackIndex entries) {
    /** What the names of links begin with, behind the number of the image that came with them. */
    static final String LINKED = "linked-";

    /**
     * The packs of other stores, each once. What cannot be read there is as if it were not there: that job's troubles
     * are not this one's.
     *
     * @param stores the folders of their images
     */
    static List<PeerPack> of(List<Path> stores) {
        List<PeerPack> found = new ArrayList<>();
        Set<Object> seen = new HashSet<>();
        for (Path store : stores) {
            for (Path path : paths(store.resolve(Packs.FOLDER))) {
                try {
                    BasicFileAttributes file = attributes(path);
                    if (seen.add(identity(file))) {
                        found.add(open(path, file));
                    }
                } catch (IOException e) {
                    continue; // Removed or damaged: its blocks are written anew.
                }
            }
        }
        return found;
    }

    private static List<Path> paths(Path folder) {
        try {
            return Packs.paths(folder);
        } catch (IOException e) {
            return List.of(); // Of a job that is being removed, or may not be read.
        }
    }

    private static PeerPack open(Path path, BasicFileAttributes file) throws IOException {
        try (PackFile pack = PackFile.open(path)) {
            return new PeerPack(path, identity(file), file.size(), pack.entries());
        }
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    private static Object identity(BasicFileAttributes file) {
        return Objects.requireNonNull(file.fileKey(), "every file on Linux has a device and a number there");
    }

    /** What tells a file from all others. */
    static Object identity(Path path) throws IOException {
        return identity(attributes(path));
    }

    /** How many names a pack has, in this store and in others. */
    static int links(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:nlink", LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Links it into a folder of packs, which is to be synced before anything refers to it.
     *
     * @param prefix of the link's name
     * @return false if that cannot be: it was removed, or lies on another disk
     */
    boolean linkInto(Path folder, String prefix, Disk disk) throws IOException {
        try {
            long number = (Long) Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS);
            Path link = folder.resolve(prefix + LINKED + number + PackWriter.SUFFIX);
            link(link, disk);
            // It may have become another one since it was opened, which is as good as any but not this one.
            return identity(link).equals(identity);
        } catch (FileSystemException e) {
            return false;
        }
    }

    private void link(Path link, Disk disk) throws IOException {
        try {
            disk.link(link, path);
        } catch (FileAlreadyExistsException e) {
            return; // Another writer of the same image has linked it.
        }
    }
}
