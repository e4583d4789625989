package dev.cryo.proxy.supervisor;

import dev.cryo.streamlog.image.ImageException;
import dev.cryo.streamlog.image.KeyUnavailableException;
import java.io.IOException;

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

    /**
     * What a failure to read images is to the user: damage, a key that cannot be had, or a failure.
     *
     * @param doing what was not done, for the message, and a colon
     */
    public static JobException of(String doing, IOException why) {
        Kind kind = switch (why) {
            case ImageException e -> Kind.IMAGE;
            case KeyUnavailableException e -> Kind.UNAVAILABLE;
            default -> Kind.FAILED;
        };
        return new JobException(kind, doing + " " + why.getMessage(), why);
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
