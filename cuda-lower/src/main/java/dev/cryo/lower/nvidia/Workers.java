package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.Threads;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads for what may take long or wait for the device; as many as are needed. Thread-safe. */
final class Workers {
    private final AtomicInteger names = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private final Map<Object, String> tasks = new ConcurrentHashMap<>();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final ThreadPoolExecutor pool = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), this::thread);

    private Thread thread(Runnable body) {
        Thread thread = Thread.ofPlatform()
                .name("cryo device worker " + names.getAndIncrement())
                .daemon()
                .unstarted(body);
        threads.removeIf(other -> other.getState() == Thread.State.TERMINATED);
        threads.add(thread);
        return thread;
    }

    /** What is done on another thread; returns what is to be done when nobody shall see it as being done any more. */
    @FunctionalInterface
    interface Task {
        Runnable run();
    }

    /**
     * Does something on another thread.
     *
     * @param words what it is, for a person
     */
    void execute(String words, Task task) {
        Object key = new Object();
        tasks.put(key, words);
        running.incrementAndGet();
        pool.execute(() -> {
            try {
                Runnable answer;
                try {
                    answer = task.run();
                } finally {
                    tasks.remove(key);
                }
                answer.run();
            } finally {
                running.decrementAndGet();
            }
        });
    }

    /** Does something on another thread and waits for it so long; returns whether it has been done. */
    boolean run(String words, Runnable task, Duration timeout) {
        CountDownLatch done = new CountDownLatch(1);
        execute(words, () -> {
            task.run();
            return done::countDown;
        });
        try {
            return done.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Whether nothing is being done, and nothing is left of what was. */
    boolean isIdle() {
        return running.get() == 0;
    }

    /** What is being done, in words; empty if nothing is. */
    String words() {
        return String.join("; ", tasks.values());
    }

    /** Ends the threads, once they have done what they do; returns whether they have within the time. */
    boolean close(Duration timeout) {
        pool.shutdown();
        return Threads.awaitEnd(threads, timeout);
    }
}
