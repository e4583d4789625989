package dev.cryo.lower.ptx.device;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that help a launch with its blocks: one less than there are processors, since the launching thread takes
 * part. Shared by all launches; one that comes while all help others goes without, and so never waits for them.
 */
final class Workers implements Executor {
    private final int parallelism;
    private final AtomicInteger threads = new AtomicInteger();
    private final ThreadPoolExecutor pool;

    Workers(int parallelism) {
        this.parallelism = parallelism;
        pool = new ThreadPoolExecutor(
                0, Math.max(1, parallelism - 1), 10, TimeUnit.SECONDS, new SynchronousQueue<>(), this::thread);
    }

    private Thread thread(Runnable body) {
        Thread thread = new Thread(body, "cryo device worker " + threads.getAndIncrement());
        thread.setDaemon(true);
        return thread;
    }

    /** How many threads a launch can have, its own among them. */
    int parallelism() {
        return parallelism;
    }

    /**
     * Starts a task if a thread is free.
     *
     * @throws java.util.concurrent.RejectedExecutionException if none is
     */
    @Override
    public void execute(Runnable task) {
        pool.execute(task);
    }

    /** Ends the threads, once they have done what they do; returns whether they have within the time. */
    boolean close(long timeoutNanos) {
        pool.shutdown();
        boolean interrupted = false;
        long end = System.nanoTime() + timeoutNanos;
        try {
            while (true) {
                try {
                    return pool.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
