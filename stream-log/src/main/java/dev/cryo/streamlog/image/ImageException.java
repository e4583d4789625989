package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.file.Path;

/** Tells that an image cannot be used: where it was looked at, what was expected there and what was found. */
public abstract sealed class ImageException extends IOException
        permits CorruptImageException, ImageTooNewException, ImageTooOldException {
    /** The offset of something that has no single place in its file. */
    public static final long NO_OFFSET = -1;

    private static final long serialVersionUID = 1;

    private final String file;
    private final long offset;
    private final String expected;
    private final String actual;

    ImageException(String problem, Path file, long offset, String expected, String actual) {
        super(problem + ": " + file + (offset == NO_OFFSET ? "" : " at offset " + offset) + ": expected " + expected
                + ", found " + actual);
        this.file = file.toString();
        this.offset = offset;
        this.expected = expected;
        this.actual = actual;
    }

    /** The file or folder. */
    public Path file() {
        return Path.of(file);
    }

    /** The offset in the file, in bytes, or {@link #NO_OFFSET}. */
    public long offset() {
        return offset;
    }

    /** What should have been there. */
    public String expected() {
        return expected;
    }

    /** What was there. */
    public String actual() {
        return actual;
    }
}
