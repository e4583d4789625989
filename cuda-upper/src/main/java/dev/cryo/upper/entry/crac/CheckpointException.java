package dev.cryo.upper.entry.crac;

/** Tells, by what it suppresses, why a checkpoint failed; the application has gone on. */
public final class CheckpointException extends Exception {
    private static final long serialVersionUID = 1;
}
