package dev.cryo.streamlog.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The body of an encrypted image's manifest: the name of the key, and the body sealed with it for this header.
 *
 * <pre>
 * +-------------+------------+-------- - - --------+----------+
 * | name of key | nonce (12) |     ciphertext      | tag (16) |
 * +-------------+------------+-------- - - --------+----------+
 * 0             8            20
 * </pre>
 */
final class SealedBody {
    private static final int NAME_BYTES = 8;

    private SealedBody() {}

    /** The whole file of a manifest. */
    static byte[] frame(UUID id, byte[] body, ImageKey key) {
        ByteBuffer sealed = ByteBuffer.allocate(NAME_BYTES + body.length + ImageKey.OVERHEAD)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(key.nameBits());
        key.seal(ByteBuffer.wrap(body), sealed, ImageFormat.header(ImageFormat.VERSION, id, sealed.capacity()));
        return ImageFormat.frame(ImageFormat.VERSION, id, sealed.array());
    }

    /**
     * Opens a body.
     *
     * @throws ImageException if the key is another one, or if something was put in the body's place
     */
    static byte[] open(Path path, ImageFormat.Opened file, ImageKey key) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file.body()).order(ByteOrder.LITTLE_ENDIAN);
        String named = nameOfKey(path, file);
        if (!named.equals(key.name())) {
            throw CorruptImageException.needsKey("not the key of this image", path, "key " + named, "" + key);
        }
        byte[] header = ImageFormat.header(file.version(), file.id(), file.body().length);
        ByteBuffer body = ByteBuffer.allocate(in.capacity() - NAME_BYTES - ImageKey.OVERHEAD);
        if (!key.open(in.position(NAME_BYTES), body, header)) {
            throw new CorruptImageException(
                    path, ImageFormat.HEADER_BYTES + NAME_BYTES, "a manifest that " + key + " has sealed", "another");
        }
        return body.array();
    }

    /** What tells the key from others. */
    static String nameOfKey(Path path, ImageFormat.Opened file) throws ImageException {
        if (file.body().length < NAME_BYTES + ImageKey.OVERHEAD) {
            throw new CorruptImageException(
                    path,
                    ImageFormat.HEADER_BYTES,
                    "at least " + (NAME_BYTES + ImageKey.OVERHEAD) + " bytes of an encrypted body",
                    file.body().length + " bytes");
        }
        return ImageKey.name(ByteBuffer.wrap(file.body()).order(ByteOrder.LITTLE_ENDIAN).getLong());
    }
}
