package dev.cryo.proxy.supervisor;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Work beside that of the thread which begins it and waits for it. Closing waits for its end, too, so that nothing of
 * it is left behind; what it threw is only told by {@link #get}.
 *
 * @param <T> its result
 * @param <E> what it throws
 */
final class Aside<T, E extends Exception> implements AutoCloseable {
    private final FutureTask<T> task;

    private Aside(FutureTask<T> task) {
        this.task = task;
    }

    /** What is done. */
    @FunctionalInterface
    interface Work<T, E extends Exception> {
        T run() throws E, InterruptedException;
    }

    /** Begins it on a thread of its own. */
    static <T, E extends Exception> Aside<T, E> begin(String name, Work<T, E> work) {
        FutureTask<T> task = new FutureTask<>(work::run);
        Thread.ofPlatform().name(name).daemon().start(task);
        return new Aside<>(task);
    }

    /** Waits for its result. */
    @SuppressWarnings("unchecked") // Work throws nothing else.
    T get() throws E, InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case InterruptedException interruption -> throw interruption;
                case null -> throw new IllegalStateException(e);
                case Throwable failure -> throw (E) failure;
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        try {
            T unused = task.get();
        } catch (ExecutionException e) {
            return; // Who wanted to know has asked, or throws something that came first.
        }
    }
}
