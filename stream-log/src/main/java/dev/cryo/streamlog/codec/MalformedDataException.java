package dev.cryo.streamlog.codec;

/** Thrown when bytes do not decode to a record; the message says what was expected at which position. */
public final class MalformedDataException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With what was expected and found. */
    public MalformedDataException(String message) {
        super(message);
    }

    /** With what was expected and found, and what a record's constructor said of it. */
    public MalformedDataException(String message, Throwable cause) {
        super(message, cause);
    }
}
