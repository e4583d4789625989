package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes one pack; nobody sees it before it is {@linkplain #finish finished}. Where it has all blocks that a pack may
 * have, it is finished and followed by another one. For one thread at a time.
 */
final class PackWriter implements AutoCloseable {
    static final String SUFFIX = ".pack";
    static final String PARTIAL = ".partial";
    private final Path folder;
    private final String name;
    private final Disk disk;
    private final int most;
    private final List<PackFormat.Entry> entries = new ArrayList<>();
    private Path target;
    private Path partial;
    private @Nullable PackOutput output;
    private int version;
    private long end = PackFormat.HEADER_BYTES;
    private int finished;

    /** A pack that will be {@code folder/name.pack}; nothing is created before the first block. */
    PackWriter(Path folder, String name, Disk disk) {
        this(folder, name, disk, PackFormat.MAX_ENTRIES);
    }

    /** A pack of at most so many blocks; those that follow are {@code folder/name+1.pack} and so on. */
    PackWriter(Path folder, String name, Disk disk, int most) {
        this.folder = folder;
        this.name = name;
        this.disk = disk;
        this.most = most;
        this.target = folder.resolve(name + SUFFIX);
        this.partial = folder.resolve(name + SUFFIX + PARTIAL);
    }

    /**
     * Appends a block.
     *
     * @param pages what is stored of it, from position to limit, filled with zeros to whole pages
     * @param stored how much of that is not filling
     * @param bytes of the block
     */
    void append(BlockId id, ByteBuffer pages, int stored, int bytes, Codec codec) throws IOException {
        if (entries.size() == most) {
            beginNext();
        }
        PackOutput to = output(codec.isSealed() ? PackFormat.VERSION : PackFormat.PLAIN_VERSION);
        CRC32C crc = new CRC32C();
        crc.update(pages.duplicate());
        PackFormat.Entry entry =
                new PackFormat.Entry(id, end, stored, bytes, codec.ordinal(), (int) crc.getValue());
        disk.write(partial, to, pages);
        entries.add(entry);
        end = entry.end();
    }

    private PackOutput output(int wanted) throws IOException {
        if (output == null) {
            version = wanted;
            output = PackOutput.of(partial, disk.createFile(partial));
            disk.write(partial, output, PackFormat.header(version));
        }
        if (version != wanted) {
            throw new IllegalStateException("a pack has encrypted blocks, or others");
        }
        return output;
    }

    /** No other writer's pack has such a name: theirs are of letters, digits, and {@code - _ .} alone. */
    private void beginNext() throws IOException {
        finish();
        close();
        finished++;
        String next = name + "+" + finished + SUFFIX;
        target = folder.resolve(next);
        partial = folder.resolve(next + PARTIAL);
        output = null;
        entries.clear();
        end = PackFormat.HEADER_BYTES;
    }

    /** Makes the pack durable and known; does nothing where it has no blocks. */
    void finish() throws IOException {
        if (output == null) {
            return;
        }
        ByteBuffer index = PackFormat.buffer(
                Math.toIntExact((long) entries.size() * PackFormat.ENTRY_BYTES + PackFormat.FOOTER_BYTES));
        entries.forEach(entry -> PackFormat.put(index, entry));
        PackFormat.putFooter(index, end, entries.size());
        CRC32C crc = new CRC32C();
        crc.update(PackFormat.header(version));
        crc.update(index.duplicate().flip());
        PackFormat.seal(index, (int) crc.getValue());
        disk.write(partial, output, index.flip());
        disk.force(partial, output.file());
        disk.rename(partial, target);
        disk.forceParent(target);
    }

    /** Closes the file; what is not finished stays until it is cleaned up. */
    @Override
    public void close() throws IOException {
        if (output != null) {
            output.close();
        }
    }
}
