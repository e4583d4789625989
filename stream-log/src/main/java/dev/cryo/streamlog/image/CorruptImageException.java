package dev.cryo.streamlog.image;

import java.nio.file.Path;

/** Tells that an image is damaged or not an image; another image has to be used. */
public final class CorruptImageException extends ImageException {
    private static final long serialVersionUID = 1;

    CorruptImageException(Path file, long offset, String expected, String actual) {
        super("damaged image", file, offset, expected, actual);
    }
}
