package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Gives back the room of blocks that no image of a job needs. Needs the store's lock.
 *
 * <p>At every instant each block that an image needs is in a finished pack: a pack is removed when those of its blocks
 * that are needed are in another. Three kinds of packs are looked at, in this order, and what is needed is kept in
 * the first that has it:
 *
 * <ul>
 *   <li>Packs that other jobs have, too. Their room is not this job's to give back: they are let go where nothing of
 *       them is needed, and copied from where it is less than a quarter.
 *   <li>Packs of other jobs with which blocks are shared. One is linked if a quarter of it is needed and a pack of the
 *       job's own can go for it: so what jobs have written at the same time is there once, too.
 *   <li>The job's own: removed if nothing is needed, and written anew if less than half is.
 * </ul>
 *
 * <p>Packs that cannot be read are removed where all that is needed is in others; else they may yet be repaired. What
 * has a pack's name and is no file, such as a link or a folder, is left alone.
 */
final class PackCollector {
    private final Path folder;
    private final Disk disk;
    private final boolean dryRun;
    private final Set<BlockId> needed = new HashSet<>();
    private final Set<BlockId> kept = new HashSet<>();
    private int count;
    private long bytes;

    /** For the packs in a folder, of which no block is needed yet; a dry run only tells. */
    PackCollector(Path folder, Disk disk, boolean dryRun) {
        this.folder = folder;
        this.disk = disk;
        this.dryRun = dryRun;
    }

    /** Takes note of the blocks that an image needs. */
    void need(Manifest manifest) {
        manifest.sections().forEach(section -> needed.addAll(section.blocks()));
        needed.remove(BlockId.ZERO);
    }

    /**
     * Gives back what is not needed, once.
     *
     * @param peers packs of other jobs that can take the place of the job's own
     */
    ImageStore.Collected collect(List<PeerPack> peers) throws IOException {
        try (Packs packs = Packs.indices(folder)) {
            List<PackFile> shared = new ArrayList<>();
            List<PackFile> own = new ArrayList<>();
            Set<Object> here = new HashSet<>();
            for (PackFile pack : packs.readable()) {
                (PeerPack.links(pack.path()) > 1 ? shared : own).add(pack);
                here.add(PeerPack.identity(pack.path()));
            }
            for (PackFile pack : shared) {
                collect(pack, true);
            }
            adopt(peers.stream().filter(peer -> !here.contains(peer.identity())).toList(), own);
            for (PackFile pack : own) {
                collect(pack, false);
            }
            if (kept.containsAll(needed)) {
                removeUnreadable(packs.unreadable());
            }
            return new ImageStore.Collected(count, bytes, packs.foreign());
        }
    }

    private void removeUnreadable(List<Path> unreadable) throws IOException {
        for (Path pack : unreadable) {
            count++;
            bytes += PeerPack.links(pack) > 1 ? 0 : Files.size(pack);
            if (!dryRun) {
                disk.delete(pack);
            }
        }
    }

    private void collect(PackFile pack, boolean shared) throws IOException {
        List<PackFormat.Entry> live = live(pack.entries());
        long size = Files.size(pack.path());
        if (live.isEmpty() || isLittle(live, size, shared ? 4 : 2)) {
            count++;
            bytes += shared ? 0 : size;
            bytes -= live.isEmpty() ? 0 : PackFormat.packBytes(live.size(), length(live));
            if (!dryRun) {
                replace(pack, live);
            }
        }
        live.forEach(entry -> kept.add(entry.id()));
    }

    private List<PackFormat.Entry> live(List<PackFormat.Entry> entries) {
        return entries.stream()
                .filter(entry -> needed.contains(entry.id()) && !kept.contains(entry.id()))
                .toList();
    }

    private static long length(List<PackFormat.Entry> entries) {
        return entries.stream().mapToLong(PackFormat.Entry::checked).sum();
    }

    /** Whether blocks are less than a part of a pack. */
    private static boolean isLittle(List<PackFormat.Entry> entries, long packBytes, int part) {
        return length(entries) * part < packBytes - PackFormat.HEADER_BYTES;
    }

    private void adopt(List<PeerPack> peers, List<PackFile> own) throws IOException {
        boolean linked = false;
        for (PeerPack peer : peers) {
            Set<BlockId> useful = useful(peer, own);
            if (!useful.isEmpty() && isWhole(peer, useful) && (dryRun || peer.linkInto(folder, "", disk))) {
                kept.addAll(useful);
                linked = true;
            }
        }
        if (linked && !dryRun) {
            disk.forceFolder(folder);
        }
    }

    /** Whether blocks of another job's pack are as they were written: the own ones go for them. */
    private static boolean isWhole(PeerPack peer, Set<BlockId> useful) throws IOException {
        try (PackFile pack = PackFile.open(peer.path())) {
            for (PackFormat.Entry entry : pack.entries()) {
                if (useful.contains(entry.id())) {
                    ByteBuffer unused = read(pack.block(entry), entry);
                }
            }
            return true;
        } catch (ImageException | NoSuchFileException e) {
            return false; // That job's troubles are not this one's.
        }
    }

    /** What can be had of another job's pack instead of the own ones; nothing where that does not pay. */
    private Set<BlockId> useful(PeerPack peer, List<PackFile> own) throws IOException {
        Map<BlockId, Integer> codecs = new HashMap<>();
        own.forEach(pack -> live(pack.entries()).forEach(entry -> codecs.put(entry.id(), entry.codec())));
        List<PackFormat.Entry> useful = peer.entries().stream()
                .filter(entry -> Integer.valueOf(entry.codec()).equals(codecs.get(entry.id())))
                .toList();
        Set<BlockId> ids = useful.stream().map(PackFormat.Entry::id).collect(Collectors.toSet());
        if (isLittle(useful, peer.bytes(), 4)) {
            return Set.of();
        }
        for (PackFile pack : own) {
            List<PackFormat.Entry> live = live(pack.entries());
            List<PackFormat.Entry> rest = live.stream().filter(entry -> !ids.contains(entry.id())).toList();
            if (rest.size() < live.size() && isLittle(rest, Files.size(pack.path()), 2)) {
                return ids;
            }
        }
        return Set.of();
    }

    private void replace(PackFile pack, List<PackFormat.Entry> live) throws IOException {
        if (!live.isEmpty()) {
            String name = "collected-" + UUID.randomUUID().toString().substring(0, 18);
            try (PackFile from = PackFile.open(pack.path());
                    PackWriter anew = new PackWriter(folder, name, disk)) {
                for (PackFormat.Entry entry : live) {
                    copy(from.block(entry), entry, anew);
                }
                anew.finish();
            }
        }
        disk.delete(pack.path());
    }

    private static void copy(StoredBlock block, PackFormat.Entry entry, PackWriter to) throws IOException {
        to.append(entry.id(), read(block, entry), entry.stored(), entry.bytes(), block.codec());
    }

    /** Reads a block as it is stored, and checks it. */
    private static ByteBuffer read(StoredBlock block, PackFormat.Entry entry) throws IOException {
        ByteBuffer stored = PackFormat.buffer(block.checked());
        BlockBuffer.read(block, stored);
        BlockBuffer.check(block, stored.flip(), "block " + entry.id());
        return stored;
    }

    /** Removes the packs of an image that was not committed, finished or not. */
    static void removeAll(Path folder, String prefix, Disk disk) throws IOException {
        for (Path file : files(folder)) {
            if (file.getFileName().toString().startsWith(prefix) && Packs.isFile(file)) {
                disk.delete(file);
            }
        }
    }

    /** Removes packs that were not finished; returns how many. */
    static int removePartial(Path folder, Disk disk) throws IOException {
        int count = 0;
        for (Path file : files(folder)) {
            if (file.getFileName().toString().endsWith(PackWriter.PARTIAL) && Packs.isFile(file)) {
                disk.delete(file);
                count++;
            }
        }
        return count;
    }

    private static List<Path> files(Path folder) throws IOException {
        Packs.requireFolder(folder);
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}
