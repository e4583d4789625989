package dev.cryo.upper.gate;

import java.util.List;

/** What the application has registered to be told of checkpoints. */
public interface CheckpointResources {
    /** Calls the resources, the last registered first; returns what they threw. */
    List<Throwable> beforeCheckpoint();

    /** How many were told of the checkpoint under way. */
    int told();

    /** Calls the resources, the first registered first; returns what they threw. */
    List<Throwable> afterRestore();

    /** Others of the same kind, of which none is registered. */
    CheckpointResources unregistered();
}
