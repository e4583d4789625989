package dev.cryo.streamlog.image;

/**
 * How contents are written to an image.
 *
 * @param threads that read, name and compress blocks; at a low priority, beside the one that writes
 * @param compress whether blocks are compressed where that pays; raw ones can be mapped
 */
public record WriteOptions(int threads, boolean compress) {
    /** Two threads, and compression. */
    public static final WriteOptions ORDINARY = new WriteOptions(2, true);

    /** With a check of the number. */
    public WriteOptions {
        if (threads < 1 || threads > 64) {
            throw new IllegalArgumentException("1 to 64 threads can write an image, not " + threads);
        }
    }
}
