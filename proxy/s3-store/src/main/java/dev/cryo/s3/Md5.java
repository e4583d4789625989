package dev.cryo.s3;

import dev.cryo.proxy.store.Bucket.FileRange;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The checksum that every store knows; against accidents on the way, not against anybody. */
final class Md5 {
    private static final int BUFFER_BYTES = 1 << 16;

    private Md5() {}

    static String of(byte[] bytes) {
        return Base64.getEncoder().encodeToString(digest().digest(bytes));
    }

    static String of(FileRange range) throws IOException {
        MessageDigest digest = digest();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = new RangeStream(range)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        return Base64.getEncoder().encodeToString(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }
}
