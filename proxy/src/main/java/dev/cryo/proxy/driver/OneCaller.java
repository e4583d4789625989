package dev.cryo.proxy.driver;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A thread that calls the driver, which has no timeouts of its own: who asks waits for a limited time. A call that does
 * not return keeps the thread, and every further one fails at its own limit. Thread-safe; ends with the JVM.
 */
final class OneCaller {
    /** Drivers are written for the stacks of native threads. */
    private static final long STACK_BYTES = 8 << 20;

    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("cryo-driver").stackSize(STACK_BYTES).factory());

    <T> T call(String what, Duration limit, Callable<T> task) throws DriverException, InterruptedException {
        Future<T> answer = thread.submit(task);
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.cancel(false); // One that has not begun must not be done later, when nobody expects it.
            throw new DriverException(
                    "waited " + limit.toSeconds() + " s for the NVIDIA driver's answer to " + what, e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case DriverException refused -> throw refused;
                case RuntimeException defect -> throw defect;
                case Error defect -> throw defect;
                case null, default -> throw new DriverException(what + " failed: " + e.getCause(), e);
            }
        }
    }
}
