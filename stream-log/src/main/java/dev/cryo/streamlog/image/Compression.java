package dev.cryo.streamlog.image;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * A way to make blocks smaller; found by {@link ServiceLoader} where there is one. Without one blocks are stored as
 * they are, and images with compressed blocks are refused by name. Thread-safe.
 */
public interface Compression {
    /**
     * Compresses bytes, both sides being direct buffers; positions are left as they are.
     *
     * @return the compressed length, or 0 if it would not be smaller than {@code into} has room
     */
    int compress(ByteBuffer from, ByteBuffer into);

    /**
     * Decompresses bytes, never beyond {@code into}'s limit.
     *
     * @return the length, or -1 if the bytes are no compressed ones or would not fit
     */
    int decompress(ByteBuffer from, ByteBuffer into);

    /** The compression of this process, if it has one. */
    static Optional<Compression> find() {
        return Found.COMPRESSION;
    }

    /** Looked for once. */
    final class Found {
        private static final Optional<Compression> COMPRESSION =
                ServiceLoader.load(Compression.class, Compression.class.getClassLoader()).findFirst();

        private Found() {}
    }
}
