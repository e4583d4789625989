package dev.cryo.upper.entry.crac;

/** Is told of checkpoints. */
public interface Resource {
    /** Called before a checkpoint; what it throws makes the checkpoint fail. */
    void beforeCheckpoint(Context context) throws Exception;

    /** Called when the application goes on after a checkpoint, restored or not. */
    void afterRestore(Context context) throws Exception;
}
