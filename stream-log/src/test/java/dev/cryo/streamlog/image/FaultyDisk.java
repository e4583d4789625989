package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/**
 * A disk whose n-th operation goes wrong: it fails once, or everything ends there. After the end the power may fail as
 * well: then what was not synced is lost, wholly or in part.
 */
class FaultyDisk extends Disk {
    private final int faultAt;
    private final boolean ends;
    private final Map<Path, Long> synced = new HashMap<>();
    private final Deque<Entry> entries = new ArrayDeque<>();
    private int operations;

    FaultyDisk(int faultAt, boolean ends) {
        this.faultAt = faultAt;
        this.ends = ends;
    }

    /** Ends the process that works with the disk. */
    static final class Crash extends Error {
        private static final long serialVersionUID = 1;
    }

    /** A change of a folder that is not synced yet: a name that is new, and where it was before, if it was. */
    private record Entry(Path from, Path to) {}

    /** Operations begun. */
    int operations() {
        return operations;
    }

    boolean faulted() {
        return operations > faultAt;
    }

    private boolean faultsNow() {
        return operations++ == faultAt;
    }

    private void step(Path path) throws IOException {
        boolean faults = faultsNow();
        if (ends && faulted()) {
            throw new Crash();
        }
        if (faults) {
            throw new IOException("injected: " + path);
        }
    }

    @Override
    void createFolder(Path folder) throws IOException {
        step(folder);
        super.createFolder(folder);
        entries.push(new Entry(folder, folder));
    }

    @Override
    FileChannel createFile(Path file) throws IOException {
        step(file);
        FileChannel channel = super.createFile(file);
        entries.push(new Entry(file, file));
        synced.put(file, 0L);
        return channel;
    }

    @Override
    void write(Path file, WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        if (operations == faultAt) {
            ByteBuffer half = bytes.duplicate().limit(bytes.position() + bytes.remaining() / 2);
            super.write(file, channel, half);
        }
        step(file);
        super.write(file, channel, bytes);
    }

    @Override
    void force(Path file, FileChannel channel) throws IOException {
        step(file);
        super.force(file, channel);
        synced.computeIfPresent(file, (path, length) -> file.toFile().length());
    }

    @Override
    void forceFolder(Path folder) throws IOException {
        step(folder);
        super.forceFolder(folder);
        entries.removeIf(entry -> folder.equals(entry.to().getParent()));
    }

    @Override
    void rename(Path from, Path to) throws IOException {
        step(from);
        super.rename(from, to);
        for (Path file : synced.keySet().toArray(Path[]::new)) {
            if (file.startsWith(from)) {
                synced.put(to.resolve(from.relativize(file)), synced.remove(file));
            }
        }
        Entry[] moved = entries.toArray(Entry[]::new);
        entries.clear();
        for (int i = moved.length - 1; i >= 0; i--) {
            boolean inside = moved[i].to().startsWith(from) && !moved[i].to().equals(from);
            Path now = inside ? to.resolve(from.relativize(moved[i].to())) : moved[i].to();
            entries.push(inside ? new Entry(now, now) : moved[i]);
        }
        entries.push(new Entry(from, to));
    }

    @Override
    void link(Path link, Path existing) throws IOException {
        step(link);
        super.link(link, existing);
        entries.push(new Entry(link, link));
    }

    @Override
    void delete(Path path) throws IOException {
        step(path);
        super.delete(path);
        synced.remove(path);
        entries.removeIf(entry -> entry.to().equals(path));
    }

    /** Takes away what was not synced: all of it or, by chance, a part. */
    void powerFails(Random random) throws IOException {
        for (Map.Entry<Path, Long> file : synced.entrySet()) {
            long length = Files.exists(file.getKey()) ? Files.size(file.getKey()) : 0;
            if (length > file.getValue()) {
                try (FileChannel channel = FileChannel.open(file.getKey(), StandardOpenOption.WRITE)) {
                    channel.truncate(random.nextLong(file.getValue(), length + 1));
                }
            }
        }
        for (Entry entry : entries) {
            if (random.nextInt(3) == 0 || !Files.exists(entry.to())) {
                continue;
            }
            if (entry.from().equals(entry.to())) {
                Disk.REAL.deleteTree(entry.to());
            } else {
                Files.move(entry.to(), entry.from());
            }
        }
    }
}
