package dev.cryo.proxy.driver;

import java.io.IOException;

/** Thrown when the driver refuses something or does not answer; the message is meant for the user. */
public final class DriverException extends IOException {
    /** {@code CUDA_ERROR_OUT_OF_MEMORY}. */
    public static final int OUT_OF_MEMORY = 2;
    /** {@code CUDA_ERROR_NOT_READY}: the time was over. */
    public static final int NOT_READY = 600;

    private static final long serialVersionUID = 1;
    private final int code;

    DriverException(String message, int code) {
        super(message);
        this.code = code;
    }

    DriverException(String message, Throwable cause) {
        super(message, cause);
        this.code = 0;
    }

    /** The {@code CUresult}; 0 where the driver gave none. */
    public int code() {
        return code;
    }

    /** Whether the same may succeed later, with nothing changed. */
    public boolean mayPass() {
        return code == NOT_READY || code == OUT_OF_MEMORY;
    }
}
