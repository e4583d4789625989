package dev.cryo.lower.ptx;

import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * Who executes a launch, and how it is told to stop.
 *
 * @param workers runs the helping threads; when it has none free, the calling thread does all the work
 * @param parallelism threads that take part at most, the calling one among them
 * @param cancelled is asked now and then by all of them; once it is true the launch is abandoned
 */
public record LaunchContext(Executor workers, int parallelism, BooleanSupplier cancelled) {
    /** Only the calling thread, and nobody cancels. */
    public static LaunchContext ownThread() {
        return new LaunchContext(Runnable::run, 1, () -> false);
    }
}
