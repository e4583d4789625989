package dev.cryo.streamlog.image;

import java.util.Optional;

/**
 * How contents are written to an image.
 *
 * @param threads that read, name and compress blocks; at a low priority, beside the one that writes
 * @param compress whether blocks are compressed where that pays; raw ones can be mapped
 * @param key what everything is encrypted with, if it is
 */
public record WriteOptions(int threads, boolean compress, Optional<ImageKey> key) {
    /** Two threads, compression, and no encryption. */
    public static final WriteOptions ORDINARY = new WriteOptions(2, true, Optional.empty());

    /** With another key, or none. */
    WriteOptions with(Optional<ImageKey> other) {
        return new WriteOptions(threads, compress, other);
    }

    /** With a check of the number. */
    public WriteOptions {
        if (threads < 1 || threads > 64) {
            throw new IllegalArgumentException("1 to 64 threads can write an image, not " + threads);
        }
    }
}
