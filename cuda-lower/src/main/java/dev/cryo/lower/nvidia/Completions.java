package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * Tells when work has ended: one thread looks at what is waited for.
 *
 * <p>It looks all the time while somebody waits for something that was begun a short time ago, now and then while that
 * takes long or nobody is in a hurry, and sleeps while nothing is waited for and no context has work. A context that
 * has work is looked at now and then in any case, so that its error is told though nobody asks. Thread-safe.
 */
final class Completions implements AutoCloseable {
    private static final long PATIENCE_NANOS = 10_000_000;
    private static final long PAUSE_NANOS = 50_000;
    private static final long SPIN_NANOS = 1_500;
    private static final long WATCH_NANOS = 20_000_000;
    private static final int PENDING = -1;

    private final CudaDriver driver;
    private final Current current;
    private final Marks marks;
    private final Collection<GpuContext> contexts;
    private final Queue<Wait> arriving = new ConcurrentLinkedQueue<>();
    private final Map<Object, Deque<Wait>> lines = new HashMap<>();
    private final AtomicInteger pending = new AtomicInteger();
    private final Thread thread;
    private volatile boolean asleep;
    private volatile boolean closing;
    private long watched;

    /** With a live view of the contexts, which any thread may use. */
    Completions(CudaDriver driver, Current current, Marks marks, Collection<GpuContext> contexts) {
        this.driver = driver;
        this.current = current;
        this.marks = marks;
        this.contexts = contexts;
        this.thread = Thread.ofPlatform().name("cryo device completions").daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** How soon somebody wants to know. */
    enum Urgency {
        /** Somebody does nothing else but wait. */
        NOW,
        /** It can wait a while. */
        SOON
    }

    /**
     * Something that is waited for.
     *
     * @param line waits of one line end in their order, and only the first one is looked at
     * @param counted whether it counts as pending until the action has been taken, and not only until then
     */
    private record Wait(
            Object line, Mark mark, Urgency urgency, boolean counted, long since, IntConsumer action) {}

    /**
     * Does something when work has ended.
     *
     * @param mark is given up then
     * @param action is given the error that was found instead, or {@link CudaResult#SUCCESS}; must not take long
     */
    void after(Mark mark, Urgency urgency, IntConsumer action) {
        add(new Wait(new Object(), mark, urgency, true, System.nanoTime(), action));
    }

    /** As {@link #after(Mark, Urgency, IntConsumer)}, for marks that are recorded in one stream one after the other. */
    void after(GpuStream line, Mark mark, Urgency urgency, IntConsumer action) {
        add(new Wait(line, mark, urgency, true, System.nanoTime(), action));
    }

    /** Tells somebody who waits that work has ended, and after whom nothing comes. */
    void tell(Mark mark, Runnable answer) {
        add(new Wait(new Object(), mark, Urgency.NOW, false, System.nanoTime(), code -> answer.run()));
    }

    /** Does something when all of several pieces of work have ended; at once if there are none. */
    void afterAll(List<Mark> all, Urgency urgency, Runnable action) {
        afterAll(all, urgency, true, action);
    }

    /** Tells somebody who waits that all of several pieces of work have ended. */
    void tellAfterAll(List<Mark> all, Runnable answer) {
        afterAll(all, Urgency.NOW, false, answer);
    }

    private void afterAll(List<Mark> all, Urgency urgency, boolean counted, Runnable action) {
        if (all.isEmpty()) {
            action.run();
            return;
        }
        AtomicInteger missing = new AtomicInteger(all.size());
        for (Mark mark : all) {
            add(new Wait(new Object(), mark, urgency, counted, System.nanoTime(), code -> {
                if (missing.decrementAndGet() == 0) {
                    action.run();
                }
            }));
        }
    }

    private void add(Wait wait) {
        pending.incrementAndGet();
        boolean unused = wait.mark().context.use(); // It lives, for it has just recorded the mark.
        arriving.add(wait);
        wake();
    }

    /** Says that there is something new to look at. */
    void wake() {
        if (asleep) {
            LockSupport.unpark(thread);
        }
    }

    /** How much is waited for. */
    int pending() {
        return pending.get();
    }

    private void run() {
        while (!closing) {
            take();
            if (System.nanoTime() - watched > WATCH_NANOS) {
                watch();
            }
            if (!look()) {
                pause();
            }
        }
    }

    private void take() {
        for (Wait wait = arriving.poll(); wait != null; wait = arriving.poll()) {
            lines.computeIfAbsent(wait.line(), any -> new ArrayDeque<>()).add(wait);
        }
    }

    /** Looks at the first of each line; returns whether something has ended. */
    private boolean look() {
        boolean found = false;
        for (Iterator<Deque<Wait>> each = lines.values().iterator(); each.hasNext(); ) {
            Deque<Wait> line = each.next();
            for (Wait first = line.peek(); first != null; first = line.peek()) {
                int code = outcome(first.mark());
                if (code == PENDING) {
                    break;
                }
                line.remove();
                end(first, code);
                found = true;
            }
            if (line.isEmpty()) {
                each.remove();
            }
        }
        return found;
    }

    private void watch() {
        for (GpuContext context : contexts) {
            if (context.isBusy() && !context.isFaulted() && context.use()) {
                try {
                    current.enter(context);
                    context.look(driver);
                } catch (DriverException e) {
                    context.fault(e.code(), e.getMessage());
                } finally {
                    context.leave();
                }
            }
        }
        watched = System.nanoTime();
    }

    private int outcome(Mark mark) {
        GpuContext context = mark.context;
        if (context.isAbandoned()) {
            return context.fault();
        }
        try {
            current.enter(context);
            return mark.hasEnded(driver) ? CudaResult.SUCCESS : PENDING;
        } catch (DriverException e) {
            context.fault(e.code(), e.getMessage());
            return e.code();
        }
    }

    private void end(Wait wait, int code) {
        marks.release(wait.mark());
        if (!wait.counted()) {
            pending.decrementAndGet();
        }
        try {
            wait.action().accept(code);
        } finally {
            wait.mark().context.leave();
            if (wait.counted()) {
                pending.decrementAndGet();
            }
        }
    }

    private void pause() {
        long now = System.nanoTime();
        boolean hurry = lines.values().stream()
                .map(Deque::element)
                .anyMatch(wait -> wait.urgency() == Urgency.NOW && now - wait.since() < PATIENCE_NANOS);
        if (hurry) {
            // Not without a pause: the driver has locks that launches need too.
            for (long end = now + SPIN_NANOS; System.nanoTime() < end; ) {
                Thread.onSpinWait();
            }
            Thread.yield();
            return;
        }
        asleep = true;
        if (arriving.isEmpty() && !closing) {
            if (!lines.isEmpty()) {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            } else if (contexts.stream().anyMatch(context -> context.isBusy() && !context.isFaulted())) {
                LockSupport.parkNanos(this, WATCH_NANOS);
            } else {
                LockSupport.park(this);
            }
        }
        asleep = false;
    }

    /** Ends the thread; what is still waited for is not told. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
