package dev.cryo.lower.ptx;

/** PTX text that cannot be loaded: either it is not PTX, or it needs something that this device does not have. */
public final class PtxException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why the text was refused. */
    public enum Reason {
        /** The text is not valid PTX (CUDA_ERROR_INVALID_PTX). */
        INVALID,
        /** The text is PTX, but uses an opcode, directive or feature that is not supported. */
        UNSUPPORTED
    }

    private final Reason reason;
    private final int line;

    private PtxException(Reason reason, int line, String message) {
        super("line " + line + ": " + message);
        this.reason = reason;
        this.line = line;
    }

    /** The text is not PTX; {@code line} counts from 1. */
    public static PtxException invalid(int line, String message) {
        return new PtxException(Reason.INVALID, line, message);
    }

    /** The text is PTX that this device does not support; {@code line} counts from 1. */
    public static PtxException unsupported(int line, String message) {
        return new PtxException(Reason.UNSUPPORTED, line, message);
    }

    /** Why the text was refused. */
    public Reason reason() {
        return reason;
    }

    /** The line of the text, counted from 1. */
    public int line() {
        return line;
    }
}
