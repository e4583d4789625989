package dev.cryo.streamlog.image;

import java.io.IOException;

/** The key of encrypted images cannot be had; the message says from where. */
public final class KeyUnavailableException extends IOException {
    private static final long serialVersionUID = 1;

    /** With what went wrong. */
    public KeyUnavailableException(String message) {
        super(message);
    }

    /** With what went wrong, and why. */
    public KeyUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
