package dev.cryo.proxy.store;

import java.io.IOException;

/** Thrown when a store does not do what it was asked; the message is meant for the user and names the store. */
public final class StoreException extends IOException {
    private static final long serialVersionUID = 1;
    private final Kind kind;

    /** What kind of obstacle it is. */
    public enum Kind {
        /** It does not answer, or not now: it may later. */
        UNREACHABLE,
        /** It refuses: credentials, rights, or something that it does not know. */
        REFUSED,
        /** There is no such bucket, or no such object. */
        MISSING,
        /** Another writer has put something else there. */
        CONFLICT,
        /** What lies there is not what was put there. */
        DAMAGED
    }

    /** With a message for the user. */
    public StoreException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** With a message for the user and what led to it. */
    public StoreException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What kind of obstacle it is. */
    public Kind kind() {
        return kind;
    }
}
