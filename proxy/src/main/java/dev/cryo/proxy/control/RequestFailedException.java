package dev.cryo.proxy.control;

/** Thrown when a request on the control connection did not get its answer; the message is meant for the user. */
public final class RequestFailedException extends Exception {
    private static final long serialVersionUID = 1;
    private final Reason reason;

    /** Why there is no answer. */
    public enum Reason {
        /** The other side answered that it could not, and left everything as it was. */
        REFUSED,
        /** The other side did not answer in time; its answer, should it still come, is dropped. */
        TIMED_OUT,
        /** The connection is closed. */
        DISCONNECTED,
        /** The other side answered something else. */
        UNEXPECTED
    }

    RequestFailedException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** Why there is no answer. */
    public Reason reason() {
        return reason;
    }
}
