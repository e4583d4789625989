package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * A pack on its way into a store: its bytes are put after one another, and it is there once it is {@linkplain #finish
 * finished}. Closing one that is not leaves what {@link ImageStore#cleanLeftovers} removes. For one thread.
 */
public final class IncomingPack implements AutoCloseable {
    private final String name;
    private final Path file;
    private final Disk disk;
    private final FileChannel channel;

    IncomingPack(String name, Path folder, Disk disk) throws IOException {
        if (!CarriedPack.isName(name)) {
            throw new IllegalArgumentException("no name of a pack: " + name);
        }
        this.name = name;
        this.file = folder.resolve(name + PackWriter.SUFFIX + PackWriter.PARTIAL);
        this.disk = disk;
        this.channel = disk.createFile(file);
    }

    /** The bytes that it has by now. */
    public long bytes() throws IOException {
        return channel.position();
    }

    /**
     * Puts bytes after those that it has.
     *
     * @throws java.nio.file.FileSystemException if they cannot be written
     */
    public void put(ByteBuffer bytes) throws IOException {
        disk.write(file, channel, bytes);
    }

    /**
     * Takes it into the store: every block of it is checked first.
     *
     * @throws ImageException if it is damaged, or not the pack of its name; its file is deleted then
     */
    public void finish() throws IOException {
        try (PackFile pack = PackFile.open(file)) {
            for (PackFormat.Entry entry : pack.entries()) {
                StoredBlock block = pack.block(entry);
                ByteBuffer stored = PackFormat.buffer(block.checked());
                BlockBuffer.read(block, stored);
                BlockBuffer.check(block, stored.flip(), "block " + entry.id());
            }
            String found = CarriedPack.of(file).name();
            if (!found.equals(name)) {
                throw new CorruptImageException(file, ImageException.NO_OFFSET, "pack " + name, "pack " + found);
            }
        } catch (ImageException e) {
            disk.delete(file);
            throw e;
        }
        disk.force(file, channel);
        Path pack = file.resolveSibling(name + PackWriter.SUFFIX);
        disk.rename(file, pack);
        disk.forceParent(pack);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
