package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A pack, opened for reading: its index is checked, its blocks are when they are read. Thread-safe until it is closed;
 * its index is known after that, too.
 */
final class PackFile implements AutoCloseable {
    /** An index is checked in pieces of so many bytes, before there is room made for all of it. */
    private static final int PIECE_BYTES = 1 << 20;

    private final Path path;
    private final FileChannel channel;
    private final PackIndex index;

    private PackFile(Path path, FileChannel channel, PackIndex index) {
        this.path = path;
        this.channel = channel;
        this.index = index;
    }

    /**
     * Opens a pack.
     *
     * @throws ImageException if it is damaged, or of a format that is not read
     */
    static PackFile open(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new CorruptImageException(path, ImageException.NO_OFFSET, "a regular file", "another kind of file");
        }
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        try {
            return new PackFile(path, channel, index(path, channel));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static PackIndex index(Path path, FileChannel channel) throws IOException {
        long size = channel.size();
        if (size < PackFormat.HEADER_BYTES + PackFormat.FOOTER_BYTES) {
            throw new CorruptImageException(path, 0, "a pack's header and footer", size + " bytes");
        }
        ByteBuffer header = read(channel, 0, PackFormat.HEADER_BYTES);
        if (!PackFormat.isMagic(header, 0)) {
            throw new CorruptImageException(path, 0, "the magic of a pack", "other bytes");
        }
        long footerAt = size - PackFormat.FOOTER_BYTES;
        PackFormat.Footer footer = PackFormat.footer(read(channel, footerAt, PackFormat.FOOTER_BYTES));
        long indexAt = footerAt - (long) footer.entries() * PackFormat.ENTRY_BYTES;
        if (!footer.complete() || footer.entries() < 0 || footer.index() != indexAt
                || indexAt < PackFormat.HEADER_BYTES) {
            throw new CorruptImageException(path, footerAt, "a footer that fits " + size + " bytes", "" + footer);
        }
        if (footer.entries() > PackFormat.MAX_ENTRIES) {
            throw new CorruptImageException(
                    path,
                    footerAt,
                    "at most " + PackFormat.MAX_ENTRIES + " blocks in a pack",
                    footer.entries() + " blocks");
        }
        int crc = checksum(channel, header, indexAt, footerAt + PackFormat.FOOTER_CHECKED_BYTES);
        if (crc != footer.crc32c()) {
            throw new CorruptImageException(
                    path,
                    footerAt + PackFormat.FOOTER_CHECKED_BYTES,
                    "CRC32C " + ImageFormat.hex(footer.crc32c()) + " of header and index",
                    ImageFormat.hex(crc));
        }
        int version = header.getInt(PackFormat.VERSION_OFFSET);
        if (version < PackFormat.PLAIN_VERSION) {
            throw new ImageTooOldException(
                    path,
                    PackFormat.VERSION_OFFSET,
                    "pack version " + PackFormat.PLAIN_VERSION + " at least",
                    "" + version);
        }
        if (version > PackFormat.VERSION) {
            throw new ImageTooNewException(
                    path, PackFormat.VERSION_OFFSET, "pack version " + PackFormat.VERSION + " at most", "" + version);
        }
        PackIndex index = new PackIndex(read(channel, indexAt, (int) (footerAt - indexAt)));
        requirePossible(path, index, indexAt, version == PackFormat.VERSION);
        return index;
    }

    private static int checksum(FileChannel channel, ByteBuffer header, long from, long to) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(header.duplicate());
        ByteBuffer piece = PackFormat.buffer((int) Math.min(PIECE_BYTES, to - from));
        for (long at = from; at < to; at += piece.limit()) {
            piece.clear().limit((int) Math.min(piece.capacity(), to - at));
            crc.update(fill(piece, channel, at));
        }
        return (int) crc.getValue();
    }

    private static void requirePossible(Path path, PackIndex index, long indexAt, boolean sealed)
            throws ImageException {
        long end = PackFormat.HEADER_BYTES;
        for (int i = 0; i < index.size(); i++) {
            if (index.at(i) != end || !isPossible(index, i, sealed)) {
                throw new CorruptImageException(
                        path,
                        indexAt + (long) i * PackFormat.ENTRY_BYTES,
                        "a block stored at " + end,
                        "" + index.get(i));
            }
            end += PackFormat.pages(index.stored(i));
        }
        if (end != indexAt) {
            throw new CorruptImageException(path, indexAt, "blocks up to " + indexAt, "blocks up to " + end);
        }
    }

    private static boolean isPossible(PackIndex index, int block, boolean sealed) {
        Codec codec = Codec.of(index.codec(block)).orElse(null);
        if (codec == null) {
            return false;
        }
        int bytes = index.bytes(block);
        int contents = index.stored(block) - (sealed ? ImageKey.OVERHEAD : 0);
        return codec.isSealed() == sealed
                && bytes > 0
                && bytes <= ImageFormat.BLOCK_BYTES
                && contents > 0
                && contents <= ImageFormat.BLOCK_BYTES
                && (codec.isCompressed() || contents == bytes)
                && (index.high(block) | index.low(block)) != 0;
    }

    private static ByteBuffer read(FileChannel channel, long at, int bytes) throws IOException {
        return fill(PackFormat.buffer(bytes), channel, at);
    }

    private static ByteBuffer fill(ByteBuffer buffer, FileChannel channel, long at) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, at + buffer.position()) < 0) {
                throw new IOException("the file became shorter while it was read");
            }
        }
        return buffer.flip();
    }

    Path path() {
        return path;
    }

    /** Whether its blocks can still be read. */
    boolean isOpen() {
        return channel.isOpen();
    }

    /** Its blocks. */
    PackIndex entries() {
        return index;
    }

    StoredBlock block(PackFormat.Entry entry) {
        return new StoredBlock(
                entry.id(),
                path,
                channel,
                entry.at(),
                entry.stored(),
                entry.checked(),
                entry.bytes(),
                Codec.of(entry.codec()).orElseThrow(),
                entry.crc32c());
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
