package dev.cryo.upper.entry.crac;

/** Tells, by what it suppresses, what resources threw after a checkpoint. */
public final class RestoreException extends Exception {
    private static final long serialVersionUID = 1;
}
