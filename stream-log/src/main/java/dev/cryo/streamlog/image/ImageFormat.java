package dev.cryo.streamlog.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The frame around a manifest: magic, version and image id before it, checksum after it.
 *
 * <pre>
 * +-------+---------+------------+----------+--------- - - ---------+--------+
 * | magic | version | bodyLength | image id |         body          | CRC32C |
 * +-------+---------+------------+----------+--------- - - ---------+--------+
 * 0       8         12           16         32                      32 + bodyLength
 * </pre>
 *
 * <p>Little-endian. The checksum covers all bytes before it. The frame is the same in every version, so that a damaged
 * version number is told from a newer one. The body of an encrypted image is a {@link SealedBody}.
 */
final class ImageFormat {
    /** The version of images that are not encrypted. */
    static final int PLAIN_VERSION = 2;

    /** The version of encrypted images, and the newest that is read. */
    static final int VERSION = 3;

    /** The oldest version that is read. */
    static final int OLDEST_VERSION = 1;

    /** The unit in which contents are checked and stored: bytes. */
    static final int BLOCK_BYTES = 2 << 20;

    /** Stored lengths are multiples of this, or reach the end of their block: bytes. */
    static final int PAGE_BYTES = 4096;

    /** The most bytes of a section that is read into memory as a whole; real ones have a hundredth of it. */
    static final int WHOLE_BYTES = 256 << 20;

    static final int HEADER_BYTES = 32;
    static final int FOOTER_BYTES = 4;

    /** As PNG's: no text, and damaged by every conversion of line ends. */
    private static final byte[] MAGIC = {(byte) 0x89, 'C', 'R', 'Y', 'O', '\r', '\n', 0x1a};

    private static final int VERSION_OFFSET = 8;
    private static final int BODY_LENGTH_OFFSET = 12;
    private static final int ID_OFFSET = 16;

    private ImageFormat() {}

    /** A body, its format version, and the id of the image that it describes. */
    record Opened(UUID id, int version, byte[] body) {}

    /** What stands before a body. */
    static byte[] header(int version, UUID id, int bodyLength) {
        return ByteBuffer.allocate(HEADER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC)
                .putInt(version)
                .putInt(bodyLength)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }

    static byte[] frame(int version, UUID id, byte[] body) {
        ByteBuffer file = ByteBuffer.allocate(HEADER_BYTES + body.length + FOOTER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(header(version, id, body.length))
                .put(body);
        return file.putInt(checksum(file.array(), file.position())).array();
    }

    static Opened open(Path path, byte[] file) throws ImageException {
        if (file.length < HEADER_BYTES + FOOTER_BYTES) {
            throw new CorruptImageException(
                    path, 0, "at least " + (HEADER_BYTES + FOOTER_BYTES) + " bytes", file.length + " bytes");
        }
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = Arrays.copyOf(file, MAGIC.length);
        if (!Arrays.equals(magic, MAGIC)) {
            throw new CorruptImageException(path, 0, "magic " + hex(MAGIC), hex(magic));
        }
        int end = file.length - FOOTER_BYTES;
        int stored = in.getInt(end);
        int computed = checksum(file, end);
        if (stored != computed) {
            throw new CorruptImageException(
                    path, end, "CRC32C " + hex(stored) + " of the bytes before", hex(computed));
        }
        int version = in.getInt(VERSION_OFFSET);
        if (version > VERSION) {
            throw new ImageTooNewException(
                    path, VERSION_OFFSET, "format version " + VERSION + " at most", "" + version);
        }
        if (version < OLDEST_VERSION) {
            throw new ImageTooOldException(
                    path, VERSION_OFFSET, "format version " + OLDEST_VERSION + " at least", "" + version);
        }
        int length = in.getInt(BODY_LENGTH_OFFSET);
        if (length != end - HEADER_BYTES) {
            throw new CorruptImageException(
                    path, BODY_LENGTH_OFFSET, "body length " + (end - HEADER_BYTES), "" + length);
        }
        UUID id = new UUID(in.getLong(ID_OFFSET), in.getLong(ID_OFFSET + 8));
        return new Opened(id, version, Arrays.copyOfRange(file, HEADER_BYTES, end));
    }

    static String hex(int crc32c) {
        return "0x%08x".formatted(crc32c);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
