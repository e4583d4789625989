package dev.cryo.benchmarks.job;

/** Thrown when a command did not do what was expected of it; the message has what it printed. */
public final class UnexpectedException extends Exception {
    private static final long serialVersionUID = 1;

    /** With what happened instead. */
    public UnexpectedException(String message) {
        super(message);
    }

    /** With what happened instead. */
    public UnexpectedException(String message, Throwable cause) {
        super(message, cause);
    }
}
