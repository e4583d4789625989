package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.ptx.Dim3;
import dev.cryo.lower.ptx.KernelFault;
import dev.cryo.lower.ptx.LaunchContext;
import dev.cryo.streamlog.call.CudaResult;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Does the work of streams, on threads of its own. Thread-safe. */
final class Execution {
    private static final long LOOK_NANOS = 20_000;
    private static final Duration PATIENCE = Duration.ofSeconds(25);

    private final Traffic traffic;
    private final ExecutorService threads =
            Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("simulated driver ", 0).factory());
    private final List<String> misuses = new CopyOnWriteArrayList<>();

    Execution(Traffic traffic) {
        this.traffic = traffic;
    }

    List<String> misuses() {
        return List.copyOf(misuses);
    }

    /** Notes what was done against the rules, if anything. */
    void misuse(String what) {
        if (!what.isEmpty()) {
            misuses.add(what);
        }
    }

    /** Queues an operation that touches memory. */
    CompletableFuture<Void> submit(Stream stream, Runnable operation) {
        return stream.append(() -> run(stream.context, () -> traffic.run(operation)), threads, List.of());
    }

    void launch(Stream stream, Function kernel, Dim3 grid, Dim3 block, int sharedBytes, byte[] parameters) {
        LaunchContext how = new LaunchContext(Runnable::run, 1, stream.context::isOver);
        CompletableFuture<Void> unused = submit(stream, () -> {
            try {
                kernel.code.launch(grid, block, sharedBytes, parameters, how);
            } catch (KernelFault e) {
                throw new DeviceFault(e.code(), String.valueOf(e.getMessage()));
            } catch (CancellationException e) {
                // Its context is over.
            }
        });
    }

    /** Makes a stream wait. */
    void join(Stream stream, CompletableFuture<Void> other) {
        CompletableFuture<Void> unused = stream.append(() -> {}, threads, List.of(other));
    }

    /** Makes a stream look for something until it is so. */
    void awaitValue(Stream stream, Traffic.Change<Boolean> isReached) {
        CompletableFuture<Void> unused = stream.append(
                () -> run(stream.context, () -> {
                    try {
                        while (!stream.context.isOver() && !isReached.make()) {
                            LockSupport.parkNanos(this, LOOK_NANOS);
                        }
                    } catch (DriverException e) {
                        if (!stream.context.isOver()) {
                            misuse("a stream waits in vain: " + e.getMessage());
                        }
                    }
                }),
                threads,
                List.of());
    }

    Event.Mark mark(Stream stream) {
        AtomicLong time = new AtomicLong();
        return new Event.Mark(stream.append(() -> time.set(System.nanoTime()), threads, List.of()), time);
    }

    /** Waits for work, which ends at once where its context does, or where an error is met. */
    void await(CompletableFuture<Void> work) {
        try {
            work.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("work does not end: a driver would wait for it forever", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the driver waits", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("work has thrown", e);
        }
    }

    private void run(Context context, Runnable operation) {
        if (context.isOver()) {
            return;
        }
        try {
            operation.run();
        } catch (DeviceFault e) {
            context.fault(e.code());
        } catch (RuntimeException | Error e) {
            misuse("work has thrown " + e);
            context.fault(CudaResult.LAUNCH_FAILED);
        }
    }

    /** Ends the threads, once they have done what they do. */
    void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(10, TimeUnit.SECONDS)) {
                misuse("work does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.shutdownNow();
    }
}
