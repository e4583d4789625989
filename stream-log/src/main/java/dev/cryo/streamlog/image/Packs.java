package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All packs of a store, as they are when this is opened. A pack that cannot be read is as if it were not there, until a
 * block is missing: then that is the reason. So is what has a pack's name and is no file at all, such as a link.
 *
 * <p>A store can have more packs than a process may have files open: only those stay open that have a block which was
 * asked for.
 */
final class Packs implements BlockSource {
    /** The folder of the packs, beside the images. */
    static final String FOLDER = "packs";

    /** So few are left open in any case, instead of being opened twice. */
    private static final int FEW = 64;

    private final Path folder;
    private final List<PackFile> packs = new ArrayList<>();
    private final List<Path> unreadable = new ArrayList<>();
    private final List<Path> foreign = new ArrayList<>();
    private BlockTable blocks = new BlockTable(List.of());
    private @Nullable ImageException why;

    private Packs(Path folder) {
        this.folder = folder;
    }

    /** The indices of the packs in a folder, whose blocks are not read; none where there is no such folder. */
    static Packs indices(Path folder) throws IOException {
        return open(folder, List.of(), 0);
    }

    /** The packs in a folder; the blocks of an image can be read. */
    static Packs open(Path folder, Manifest manifest) throws IOException {
        return open(folder, manifest.sections(), FEW);
    }

    /** As above; so many are left open in any case. */
    static Packs open(Path folder, List<Section> needed, int few) throws IOException {
        while (true) {
            Packs packs = new Packs(folder);
            try {
                List<Path> paths = paths(folder);
                boolean stayOpen = paths.size() <= few;
                if (packs.addAll(paths, stayOpen) && (stayOpen || packs.reopen(needed))) {
                    return packs;
                }
            } catch (IOException | RuntimeException e) {
                packs.close();
                throw e;
            }
            packs.close();
        }
    }

    /**
     * Refuses a folder of packs that is a link, which may lead to another job's, or no folder at all.
     *
     * @throws CorruptImageException if it is there and no folder
     */
    static void requireFolder(Path folder) throws ImageException {
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS) && !isFolder(folder)) {
            throw new CorruptImageException(folder, ImageException.NO_OFFSET, "a folder", "a link or another file");
        }
    }

    static boolean isFolder(Path folder) {
        return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS);
    }

    /** Whether there is a file of that name, and no link to one. */
    static boolean isFile(Path path) {
        return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** What has the name of a finished pack in a folder. */
    static List<Path> paths(Path folder) throws IOException {
        requireFolder(folder);
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(PackWriter.SUFFIX))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** False if one was removed since the folder was listed: what images need of it is in another by then. */
    private boolean addAll(List<Path> paths, boolean stayOpen) throws IOException {
        for (Path path : paths) {
            try {
                PackFile pack = PackFile.open(path);
                packs.add(pack);
                if (!stayOpen) {
                    pack.close();
                }
            } catch (NoSuchFileException e) {
                return false;
            } catch (ImageException e) {
                (isFile(path) ? unreadable : foreign).add(path);
                why = why == null ? e : why;
            }
        }
        blocks = new BlockTable(packs.stream().map(PackFile::entries).toList());
        return true;
    }

    /** Opens the packs that have blocks of some sections; false if one is no longer what it was. */
    private boolean reopen(List<Section> needed) throws IOException {
        for (Section section : needed) {
            for (BlockId id : section.blocks()) {
                long place = blocks.find(id);
                if (place != BlockTable.NONE && !reopen(BlockTable.index(place))) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean reopen(int number) throws IOException {
        PackFile before = packs.get(number);
        if (before.isOpen()) {
            return true;
        }
        PackFile now;
        try {
            now = PackFile.open(before.path());
        } catch (NoSuchFileException | ImageException e) {
            return false;
        }
        packs.set(number, now);
        return now.entries().isSame(before.entries());
    }

    /** Whether a block is there. */
    boolean has(BlockId id) {
        return blocks.find(id) != BlockTable.NONE;
    }

    @Override
    public StoredBlock find(BlockId id) throws ImageException {
        long place = blocks.find(id);
        if (place != BlockTable.NONE) {
            PackFile pack = packs.get(BlockTable.index(place));
            return pack.block(pack.entries().get(BlockTable.block(place)));
        }
        if (why != null) {
            throw why;
        }
        throw new CorruptImageException(folder, ImageException.NO_OFFSET, "a pack with block " + id, "none");
    }

    /** The packs that can be read. */
    List<PackFile> readable() {
        return packs;
    }

    /** Those that cannot. */
    List<Path> unreadable() {
        return unreadable;
    }

    /** What has a pack's name and is no file: nobody's to remove. */
    List<Path> foreign() {
        return foreign;
    }

    @Override
    public void close() throws IOException {
        for (PackFile pack : packs) {
            pack.close();
        }
    }
}
