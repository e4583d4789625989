package dev.cryo.upper.agent;

import dev.cryo.upper.entry.crac.Context;
import dev.cryo.upper.gate.CheckpointResources;
import java.util.List;

/** The resources that the application has registered with org.crac. */
record CracResources(Context context) implements CheckpointResources {
    @Override
    public List<Throwable> beforeCheckpoint() {
        return context.beforeCheckpoint();
    }

    @Override
    public int told() {
        return context.told();
    }

    @Override
    public List<Throwable> afterRestore() {
        return context.afterRestore();
    }

    @Override
    public CheckpointResources unregistered() {
        return new CracResources(Context.empty());
    }
}
