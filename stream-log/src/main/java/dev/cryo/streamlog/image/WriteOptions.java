package dev.cryo.streamlog.image;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How contents are written to an image.
 *
 * @param threads that read, name and compress blocks, beside the one that writes; but for the first ones at a low
 *     priority
 * @param compress whether blocks are compressed where that pays; raw ones can be mapped
 * @param key what everything is encrypted with, if it is
 * @param peers the folders of other jobs' images, of which blocks are referred to instead of being written
 */
public record WriteOptions(int threads, boolean compress, Optional<ImageKey> key, List<Path> peers) {
    /** Two threads, compression, no encryption, and no other jobs. */
    public static final WriteOptions ORDINARY = new WriteOptions(2, true, Optional.empty(), List.of());

    /** With what is the store's: a key, or none, and other jobs. */
    WriteOptions with(Optional<ImageKey> otherKey, List<Path> otherPeers) {
        return new WriteOptions(threads, compress, otherKey, otherPeers);
    }

    /** With a check of the number, and a copy of the list. */
    public WriteOptions {
        peers = List.copyOf(peers);
        if (threads < 1 || threads > 64) {
            throw new IllegalArgumentException("1 to 64 threads can write an image, not " + threads);
        }
    }
}
