package dev.cryo.proxy.supervisor;

import java.io.IOException;

/** Tells that there is not enough room for a dump: how much it needs, and where there is less. */
final class NoRoomException extends IOException {
    private static final long serialVersionUID = 1;

    NoRoomException(String message) {
        super(message);
    }
}
