package dev.cryo.streamlog.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key of encrypted images: 256 bits, from which one key for contents (AES-256-GCM), one for the names of blocks and
 * the key's own name are derived. Thread-safe.
 *
 * <p>What is sealed is a nonce of 96 random bits, the ciphertext, and a tag of 128 bits. The names of blocks are hashes
 * of their contents, which would tell who has a guess whether it is right: they are encrypted, too.
 */
public final class ImageKey {
    /** The length of a key. */
    public static final int BYTES = 32;

    /** How much longer than its contents something sealed is. */
    static final int OVERHEAD = 12 + 16;

    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] secret;
    private final SecretKeySpec contents;
    private final SecretKeySpec names;
    private final long name;

    private ImageKey(byte[] secret) {
        this.secret = secret;
        this.contents = new SecretKeySpec(derived("contents"), "AES");
        this.names = new SecretKeySpec(derived("names of blocks"), "AES");
        this.name = ByteBuffer.wrap(derived("name of the key")).getLong();
    }

    /**
     * The key of these bytes.
     *
     * @throws IllegalArgumentException if they are not {@value #BYTES}
     */
    public static ImageKey of(byte[] secret) {
        if (secret.length != BYTES) {
            throw new IllegalArgumentException("a key has " + BYTES + " bytes, not " + secret.length);
        }
        return new ImageKey(secret.clone());
    }

    /**
     * Reads a key: its bytes as they are, or as 64 hexadecimal digits or in Base64 with white space around.
     *
     * @throws IllegalArgumentException if it is none; the message does not tell of its contents
     */
    public static ImageKey parse(byte[] text) {
        if (text.length == BYTES) {
            return of(text);
        }
        String words = new String(text, StandardCharsets.ISO_8859_1).strip();
        try {
            if (words.length() == 2 * BYTES) {
                return of(HexFormat.of().parseHex(words));
            }
            byte[] decoded = Base64.getDecoder().decode(words);
            if (decoded.length == BYTES) {
                return of(decoded);
            }
        } catch (IllegalArgumentException e) {
            // Said below, without what was found: it may be a key after all.
        }
        throw new IllegalArgumentException("a key is " + BYTES + " bytes, as they are, as " + 2 * BYTES
                + " hexadecimal digits, or in Base64; found " + text.length + " bytes that are none of these");
    }

    /** A key, or none, as it is told to what holds the lower half: its bytes, a secret, or nothing. */
    public static byte[] told(Optional<ImageKey> key) {
        return key.map(known -> known.secret.clone()).orElse(new byte[0]);
    }

    /** What was told. */
    public static Optional<ImageKey> ofTold(byte[] bytes) {
        return bytes.length == 0 ? Optional.empty() : Optional.of(of(bytes));
    }

    /** What tells keys apart without telling anything else of them. */
    String name() {
        return "%016x".formatted(name);
    }

    /** The same, as it stands in a manifest. */
    long nameBits() {
        return name;
    }

    static String name(long bits) {
        return "%016x".formatted(bits);
    }

    /** The name of a block with this hash. */
    BlockId name(BlockId hash) {
        try {
            // One block of the cipher is a permutation: names are as different as hashes.
            Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, names);
            ByteBuffer named = ByteBuffer.wrap(cipher.doFinal(
                    ByteBuffer.allocate(16).putLong(hash.high()).putLong(hash.low()).array()));
            return new BlockId(named.getLong(), named.getLong());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JVM has no AES", e);
        }
    }

    /**
     * Seals bytes.
     *
     * @param from up to its limit
     * @param into has {@link #OVERHEAD} bytes more room
     * @param context what they belong to, which has to be told to open them
     */
    void seal(ByteBuffer from, ByteBuffer into, byte[] context) {
        byte[] nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        into.put(nonce);
        try {
            cipher(Cipher.ENCRYPT_MODE, nonce, context).doFinal(from, into);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM does not encrypt", e);
        }
    }

    /** Opens what was sealed; false if it is not what this key has sealed for this context. */
    boolean open(ByteBuffer from, ByteBuffer into, byte[] context) {
        if (from.remaining() < OVERHEAD || into.remaining() < from.remaining() - OVERHEAD) {
            return false;
        }
        byte[] nonce = new byte[NONCE_BYTES];
        from.get(nonce);
        try {
            cipher(Cipher.DECRYPT_MODE, nonce, context).doFinal(from, into);
            return true;
        } catch (AEADBadTagException e) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM does not decrypt", e);
        }
    }

    private Cipher cipher(int mode, byte[] nonce, byte[] context) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, contents, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(context);
        return cipher;
    }

    /** HMAC-SHA256 of a label: HKDF's expansion (RFC 5869) of a key that is random already, to one block. */
    private byte[] derived(String label) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            mac.update(("cryo image " + label).getBytes(StandardCharsets.US_ASCII));
            mac.update((byte) 1);
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JVM has no HMAC-SHA256", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ImageKey key && Arrays.equals(secret, key.secret);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(name);
    }

    @Override
    public String toString() {
        return "key " + name();
    }
}
