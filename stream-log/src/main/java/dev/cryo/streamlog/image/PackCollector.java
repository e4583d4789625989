package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Gives back the room of blocks that no image needs: removes packs without any that is needed, and writes those anew of
 * which less than half is. Needs the store's lock.
 *
 * <p>At every instant each block that an image needs is in a finished pack: a pack is removed when those of its blocks
 * that are needed are in another.
 */
final class PackCollector {
    private final Path folder;
    private final Disk disk;
    private final Set<BlockId> needed = new HashSet<>();
    private final Set<BlockId> kept = new HashSet<>();

    /** For the packs in a folder, of which no block is needed yet. */
    PackCollector(Path folder, Disk disk) {
        this.folder = folder;
        this.disk = disk;
    }

    /** Takes note of the blocks that an image needs. */
    void need(Manifest manifest) {
        manifest.sections().forEach(section -> needed.addAll(section.blocks()));
    }

    /** Gives back what is not needed, or only tells what that would be. */
    ImageStore.Collected collect(boolean dryRun) throws IOException {
        int count = 0;
        long bytes = 0;
        try (Packs packs = Packs.open(folder)) {
            for (PackFile pack : packs.readable()) {
                List<PackFormat.Entry> live = pack.entries().stream()
                        .filter(entry -> needed.contains(entry.id()) && !kept.contains(entry.id()))
                        .toList();
                long size = Files.size(pack.path());
                long liveBytes = live.stream().mapToLong(PackFormat.Entry::checked).sum();
                if (liveBytes * 2 < size - PackFormat.HEADER_BYTES || live.isEmpty()) {
                    count++;
                    bytes += size - liveBytes;
                    if (!dryRun) {
                        replace(pack, live);
                    }
                }
                live.forEach(entry -> kept.add(entry.id()));
            }
        }
        return new ImageStore.Collected(count, bytes);
    }

    private void replace(PackFile pack, List<PackFormat.Entry> live) throws IOException {
        if (!live.isEmpty()) {
            String name = "collected-" + UUID.randomUUID().toString().substring(0, 18);
            try (PackWriter anew = new PackWriter(folder, name, disk)) {
                for (PackFormat.Entry entry : live) {
                    copy(pack.block(entry), entry, anew);
                }
                anew.finish();
            }
        }
        disk.delete(pack.path());
    }

    private static void copy(StoredBlock block, PackFormat.Entry entry, PackWriter to) throws IOException {
        ByteBuffer stored = PackFormat.buffer(block.checked());
        BlockBuffer.read(block, stored);
        BlockBuffer.check(block, stored.flip(), "block " + entry.id());
        to.append(entry.id(), stored, entry.stored(), entry.bytes(), block.codec());
    }

    /** Removes the packs of an image that was not committed, finished or not. */
    static void removeAll(Path folder, String prefix, Disk disk) throws IOException {
        for (Path file : files(folder)) {
            if (file.getFileName().toString().startsWith(prefix)) {
                disk.delete(file);
            }
        }
    }

    /** Removes packs that were not finished; returns how many. */
    static int removePartial(Path folder, Disk disk) throws IOException {
        int count = 0;
        for (Path file : files(folder)) {
            if (file.getFileName().toString().endsWith(PackWriter.PARTIAL)) {
                disk.delete(file);
                count++;
            }
        }
        return count;
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}
