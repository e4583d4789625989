package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A pack as it is known outside its store. Its name there is made of its contents, so that two packs of one name are
 * the same wherever they come from: the SHA-256 of its header and its index, which names all its blocks.
 *
 * @param name 64 hexadecimal digits
 * @param file in its store, as long as the store does not rewrite it
 * @param bytes of the file
 */
public record CarriedPack(String name, Path file, long bytes) {
    private static final Pattern NAME = Pattern.compile("[0-9a-f]{64}");

    /** Whether a text can be the name of one. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /** Names a pack whose index was checked. */
    static CarriedPack of(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            long size = channel.size();
            long footerAt = size - PackFormat.FOOTER_BYTES;
            long index = PackFormat.footer(read(file, channel, footerAt, PackFormat.FOOTER_BYTES)).index();
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(read(file, channel, 0, PackFormat.HEADER_BYTES));
            digest.update(read(file, channel, index, Math.toIntExact(size - index)));
            return new CarriedPack(HexFormat.of().formatHex(digest.digest()), file, size);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static ByteBuffer read(Path file, FileChannel channel, long at, int bytes) throws IOException {
        ByteBuffer buffer = PackFormat.buffer(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, at + buffer.position()) < 0) {
                throw new IOException(file + " became shorter while it was read");
            }
        }
        return buffer.flip();
    }
}
