package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that help a launch with its blocks: one less than there are processors, since the launching thread takes
 * part. Shared by all launches; one that comes while all help others goes without, and so never waits for them.
 */
final class Workers implements Executor {
    private final int parallelism;
    private final List<Thread> threads = new ArrayList<>();
    private final ThreadPoolExecutor pool;

    Workers(int parallelism) {
        this.parallelism = parallelism;
        pool = new ThreadPoolExecutor(
                0, Math.max(1, parallelism - 1), 10, TimeUnit.SECONDS, new SynchronousQueue<>(), this::thread);
    }

    private synchronized Thread thread(Runnable body) {
        threads.removeIf(thread -> thread.getState() == Thread.State.TERMINATED);
        Thread thread = new Thread(body, "cryo device worker " + threads.size());
        thread.setDaemon(true);
        threads.add(thread);
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
    boolean close(Duration timeout) {
        pool.shutdown();
        List<Thread> left;
        synchronized (this) {
            left = List.copyOf(threads);
        }
        return Threads.awaitEnd(left, timeout);
    }
}
