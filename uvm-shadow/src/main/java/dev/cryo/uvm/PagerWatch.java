package dev.cryo.uvm;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Ends the application when the process that serves its pages has died.
 *
 * <p>Belongs into a third process. In the application itself nothing can be relied on: a thread that waits for a page
 * is at no safepoint, so the next garbage collection stops all other Java threads for ever, a watching one too.
 */
public final class PagerWatch implements AutoCloseable {
    private final CompletableFuture<Void> watch;

    private PagerWatch(CompletableFuture<Void> watch) {
        this.watch = watch;
    }

    /**
     * Watches until closed.
     *
     * @param pager the process that serves the pages
     * @param application the process that uses them
     * @param grace how long the application may take to end by itself
     * @param report is told why, before the application is ended
     */
    public static PagerWatch start(
            ProcessHandle pager, ProcessHandle application, Duration grace, Consumer<String> report) {
        CompletableFuture<Void> died = pager.onExit().thenApply(gone -> null);
        CompletableFuture<Void> stop = new CompletableFuture<>();
        died.whenCompleteAsync(
                (nothing, failure) -> {
                    if (!stop.isDone()) {
                        stop.completeOnTimeout(null, grace.toMillis(), TimeUnit.MILLISECONDS);
                        application.onExit().thenRun(() -> stop.cancel(false));
                        stop.thenRun(() -> end(pager, application, report));
                    }
                });
        return new PagerWatch(stop);
    }

    private static void end(ProcessHandle pager, ProcessHandle application, Consumer<String> report) {
        if (application.isAlive()) {
            report.accept("process " + pager.pid() + ", which serves the pages of unified memory, has ended; the "
                    + "application, process " + application.pid() + ", cannot go on without them and is killed");
            application.destroyForcibly();
        }
    }

    /** Stops watching. */
    @Override
    public void close() {
        watch.cancel(false);
    }
}
