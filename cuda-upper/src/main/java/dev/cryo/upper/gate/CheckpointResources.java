package dev.cryo.upper.gate;

import java.util.List;

/** What the application has registered to be told of checkpoints. */
public interface CheckpointResources {
    /** None are registered. */
    CheckpointResources NONE = new CheckpointResources() {
        @Override
        public List<Throwable> beforeCheckpoint() {
            return List.of();
        }

        @Override
        public int told() {
            return 0;
        }

        @Override
        public List<Throwable> afterRestore() {
            return List.of();
        }
    };

    /** Calls the resources, the last registered first; returns what they threw. */
    List<Throwable> beforeCheckpoint();

    /** How many were told of the checkpoint under way. */
    int told();

    /** Calls the resources, the first registered first; returns what they threw. */
    List<Throwable> afterRestore();
}
