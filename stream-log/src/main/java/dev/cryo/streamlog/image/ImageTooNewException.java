package dev.cryo.streamlog.image;

import java.nio.file.Path;

/** Tells that an image was written in a format that this version does not know yet; a newer cryo reads it. */
public final class ImageTooNewException extends ImageException {
    private static final long serialVersionUID = 1;

    ImageTooNewException(Path file, long offset, String expected, String actual) {
        super("image of a newer cryo", file, offset, expected, actual);
    }
}
