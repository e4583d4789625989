package dev.cryo.proxy.supervisor;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Requests to something that is not always there, such as a job's application. Those that come while it is not there
 * wait for the next one, and are done then in the order in which they came. Thread-safe.
 *
 * <p>A request is done by the thread that asks or that tells of the presence; it must be short.
 */
final class Requests<T> {
    private final Queue<Consumer<T>> waiting = new ArrayDeque<>();
    private @Nullable T present;

    /** From now on requests are done by this one, those that wait before all others. */
    synchronized void present(T to) {
        present = to;
        for (Consumer<T> next = waiting.poll(); next != null; next = waiting.poll()) {
            next.accept(to);
        }
    }

    /** From now on requests wait. */
    synchronized void absent() {
        present = null;
    }

    /** What does requests now, if there is anything. */
    synchronized Optional<T> to() {
        return Optional.ofNullable(present);
    }

    /** Does something now, or later; whether it was done now. */
    synchronized boolean ask(Consumer<T> request) {
        if (present == null) {
            waiting.add(request);
            return false;
        }
        request.accept(present);
        return true;
    }
}
