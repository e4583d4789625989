package dev.cryo.streamlog.image;

import java.nio.file.Path;

/** Tells that an image was written in a format that this version no longer reads; an older cryo reads it. */
public final class ImageTooOldException extends ImageException {
    private static final long serialVersionUID = 1;

    ImageTooOldException(Path file, long offset, String expected, String actual) {
        super("image of an older cryo", file, offset, expected, actual);
    }
}
