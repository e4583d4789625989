package dev.cryo.upper.entry.crac;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where {@code org.crac.Core} arrives. Thread-safe. */
public final class Core {
    private static final Context GLOBAL = new Context();
    private static volatile @Nullable Checkpointer checkpointer;

    private Core() {}

    /** Takes checkpoints for the application. */
    @FunctionalInterface
    public interface Checkpointer {
        /** Takes a checkpoint, and returns when the application goes on after it. */
        Outcome checkpoint();
    }

    /**
     * How a checkpoint ended.
     *
     * @param taken whether it was taken
     * @param failures why it was not, or what resources threw after it
     */
    public record Outcome(boolean taken, List<Throwable> failures) {}

    /** Sets what takes checkpoints. */
    public static void connect(Checkpointer to) {
        checkpointer = to;
    }

    /** The context of all resources. */
    public static Context getGlobalContext() {
        return GLOBAL;
    }

    /** Takes a checkpoint, and returns when the application goes on after it. */
    public static void checkpointRestore() throws CheckpointException, RestoreException {
        Checkpointer to = checkpointer;
        Outcome outcome = to != null
                ? to.checkpoint()
                : new Outcome(
                        false,
                        List.of(new UnsupportedOperationException("the application runs without a supervisor")));
        if (!outcome.taken()) {
            CheckpointException failed = new CheckpointException();
            outcome.failures().forEach(failed::addSuppressed);
            throw failed;
        }
        if (!outcome.failures().isEmpty()) {
            RestoreException failed = new RestoreException();
            outcome.failures().forEach(failed::addSuppressed);
            throw failed;
        }
    }
}
