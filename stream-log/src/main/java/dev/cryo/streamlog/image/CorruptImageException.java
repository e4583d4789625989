package dev.cryo.streamlog.image;

import java.nio.file.Path;

/** Tells that an image is damaged, not an image, or encrypted with a key that was not given; it says which. */
public final class CorruptImageException extends ImageException {
    private static final long serialVersionUID = 1;

    CorruptImageException(Path file, long offset, String expected, String actual) {
        this("damaged image", file, offset, expected, actual);
    }

    private CorruptImageException(String problem, Path file, long offset, String expected, String actual) {
        super(problem, file, offset, expected, actual);
    }

    /** Of an image that is as it was written, but with a key that is not there: the problem tells of that. */
    static CorruptImageException needsKey(String problem, Path manifest, String expected, String actual) {
        return new CorruptImageException(problem, manifest, ImageFormat.HEADER_BYTES, expected, actual);
    }
}
