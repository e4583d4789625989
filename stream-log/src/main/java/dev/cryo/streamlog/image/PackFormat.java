package dev.cryo.streamlog.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A pack: blocks, and an index of them at the end.
 *
 * <pre>
 * +----------------+---------+---------+-- - - --+---------+-----------+--------+
 * | header, 1 page | block   | block   |         | block   |  entries  | footer |
 * +----------------+---------+---------+-- - - --+---------+-----------+--------+
 * 0                4096                                    index
 *
 * header   0  magic (8)          8  version (4)       12 zeros
 * entry    0  id (16)           16  at (8)            24  stored (4)    28 bytes (4)   32 codec (4)   36 CRC32C (4)
 * footer   0  index (8)          8  entries (4)       12  CRC32C (4)    16 magic (8)
 * </pre>
 *
 * <p>Little-endian. Each block begins at a page and is filled with zeros up to the next; its checksum is of all of
 * that. The blocks follow one another without gap in the order of the entries. The footer's checksum is of the header,
 * the entries, and the footer before it.
 */
final class PackFormat {
    /** The version of packs whose blocks are not encrypted. */
    static final int PLAIN_VERSION = 2;

    /** The version of packs whose blocks are encrypted, and the newest that is read. */
    static final int VERSION = 3;

    static final int HEADER_BYTES = ImageFormat.PAGE_BYTES;
    static final int ENTRY_BYTES = 40;
    static final int FOOTER_BYTES = 24;
    static final int FOOTER_CHECKED_BYTES = 12;
    static final int VERSION_OFFSET = 8;

    /** The most bytes from the entries to the end of a pack: enough for 13 TB of whole blocks. */
    static final int MAX_INDEX_BYTES = ImageFormat.WHOLE_BYTES;

    /** The most blocks of a pack. */
    static final int MAX_ENTRIES = (MAX_INDEX_BYTES - FOOTER_BYTES) / ENTRY_BYTES;

    /** Like a manifest's, with another letter. */
    private static final byte[] MAGIC = {(byte) 0x89, 'P', 'A', 'C', 'K', '\r', '\n', 0x1a};

    private PackFormat() {}

    /** The blocks of a pack, as its index tells. */
    record Entry(BlockId id, long at, int stored, int bytes, int codec, int crc32c) {
        int checked() {
            return pages(stored);
        }

        long end() {
            return at + checked();
        }
    }

    /** The end of a pack. */
    record Footer(long index, int entries, int crc32c, boolean complete) {}

    /** A length in whole pages. */
    static int pages(int bytes) {
        return Math.ceilDiv(bytes, ImageFormat.PAGE_BYTES) * ImageFormat.PAGE_BYTES;
    }

    /** The length of a pack of so many blocks, which take so much. */
    static long packBytes(int entries, long blockBytes) {
        return HEADER_BYTES + blockBytes + (long) entries * ENTRY_BYTES + FOOTER_BYTES;
    }

    static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static ByteBuffer header(int version) {
        return buffer(HEADER_BYTES).put(MAGIC).putInt(version).rewind();
    }

    static boolean isMagic(ByteBuffer from, int at) {
        byte[] found = new byte[MAGIC.length];
        from.get(at, found);
        return Arrays.equals(found, MAGIC);
    }

    static void put(ByteBuffer into, Entry entry) {
        into.putLong(entry.id().high())
                .putLong(entry.id().low())
                .putLong(entry.at())
                .putInt(entry.stored())
                .putInt(entry.bytes())
                .putInt(entry.codec())
                .putInt(entry.crc32c());
    }

    /** Writes the footer but for its checksum and magic. */
    static void putFooter(ByteBuffer into, long index, int entries) {
        into.putLong(index).putInt(entries);
    }

    static void seal(ByteBuffer into, int crc32c) {
        into.putInt(crc32c).put(MAGIC);
    }

    static Footer footer(ByteBuffer from) {
        return new Footer(from.getLong(0), from.getInt(8), from.getInt(12), isMagic(from, 16));
    }
}
