package dev.cryo.proxy.supervisor;

/** Thrown when a job cannot be started, restarted or reached; the message is meant for the user. */
public final class JobException extends Exception {
    private static final long serialVersionUID = 1;
    private final Kind kind;

    /** What kind of obstacle it is. */
    public enum Kind {
        /** It was asked for in a way that cannot be understood. */
        USAGE,
        /** There is no such job, or no such image of it. */
        UNKNOWN,
        /** The job runs, and should not; or it does not run, and should. */
        STATE,
        /** The image is damaged, or of a format that this version does not read. */
        IMAGE,
        /** Something that is needed is not to be had here. */
        UNAVAILABLE,
        /** It was tried and failed. */
        FAILED
    }

    /** With a message for the user. */
    public JobException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** With a message for the user and what led to it. */
    public JobException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What kind of obstacle it is. */
    public Kind kind() {
        return kind;
    }
}
