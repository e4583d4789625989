package dev.cryo.lower.ptx.device;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Runs a graph of operations, each as soon as those that it waits for have ended.
 *
 * <p>Streams, events and fences are nothing but dependencies here. A thread that ends an operation goes on with one
 * that became ready by it, so a stream's operations run one after the other without a hand-over; what else became ready
 * goes to an idle thread or to a new one. There are as many threads as heavy operations were ready at once, up to
 * {@value #MOST_RUNNERS}: a kernel that waits for another stream's copy does not keep that copy from running.
 *
 * <p>Threading: {@link #submit} is called by one thread at a time, the rest by any.
 */
final class Scheduler implements AutoCloseable {
    static final int MOST_RUNNERS = 128;
    /** How long a thread that has run out of work looks for more before it sleeps: about what a wake-up costs. */
    private static final long SPIN_NANOS = Runtime.getRuntime().availableProcessors() > 1 ? 20_000 : 0;

    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Runner> idle = new ArrayDeque<>();
    private final ArrayDeque<Work> overflow = new ArrayDeque<>();
    private final List<Runner> runners = new ArrayList<>();
    /** The thread that ran out of work last, and so will be the next to get some: the only one that spins. */
    private volatile @Nullable Runner spinner;

    private long submitted;
    private long ended;
    private volatile boolean closed;

    /**
     * Submits an operation that waits for others.
     *
     * @param earlier what it waits for; nulls and operations that have ended are ignored
     */
    void submit(Work work, List<@Nullable Work> earlier) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the device is closed");
            }
            submitted++;
            for (Work one : earlier) {
                if (one != null) {
                    work.addDependency(one);
                }
            }
            if (!work.dependencyEnded()) {
                return;
            }
            if (work.weight == Work.Weight.INSTANT) {
                work.runSafely();
                end(work, new Ready()).dispatchAll();
                return;
            }
            if (work.weight == Work.Weight.HEAVY) {
                dispatch(work);
                return;
            }
        } finally {
            lock.unlock();
        }
        work.runSafely();
        lock.lock();
        try {
            end(work, new Ready()).dispatchAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until every submitted operation has ended.
     *
     * @return whether they have; false if the time was over before
     */
    boolean awaitQuiet(Duration timeout) throws InterruptedException {
        long left = timeout.toNanos();
        lock.lockInterruptibly();
        try {
            while (ended != submitted) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** What runs now and for how long, and how much waits for it, in words; empty if nothing does. */
    String words() {
        lock.lock();
        try {
            if (ended == submitted) {
                return "";
            }
            List<String> parts = new ArrayList<>();
            for (Runner runner : runners) {
                Work work = runner.current();
                if (work != null) {
                    long nanos = Math.max(0, System.nanoTime() - runner.since);
                    parts.add(String.format(Locale.ROOT, "%s for %.1f s", work.words(), nanos / 1e9));
                }
            }
            long waiting = submitted - ended - parts.size();
            if (waiting > 0) {
                parts.add(waiting == 1 ? "1 operation waits" : waiting + " operations wait");
            }
            return String.join("; ", parts);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends the threads, waiting for the operations that run and, as they depend on them, all others.
     *
     * @return whether all ended in time
     */
    boolean close(Duration timeout) {
        boolean quiet;
        try {
            quiet = awaitQuiet(timeout);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            quiet = false;
        }
        List<Runner> threads;
        lock.lock();
        try {
            closed = true;
            threads = List.copyOf(runners);
            threads.forEach(LockSupport::unpark);
        } finally {
            lock.unlock();
        }
        if (quiet) {
            threads.forEach(Scheduler::join);
        }
        return quiet;
    }

    @Override
    public void close() {
        close(Duration.ofSeconds(10));
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends an operation and adds those that are ready by it, the instant ones being run; the lock is held. */
    private Ready end(Work work, Ready ready) {
        ArrayDeque<Work> toEnd = new ArrayDeque<>(4);
        toEnd.add(work);
        for (Work one = toEnd.poll(); one != null; one = toEnd.poll()) {
            one.end();
            ended++;
            for (Work next = one.pollWaiting(); next != null; next = one.pollWaiting()) {
                if (!next.dependencyEnded()) {
                    continue;
                }
                switch (next.weight) {
                    case INSTANT -> {
                        next.runSafely();
                        toEnd.add(next);
                    }
                    case LIGHT -> ready.light.add(next);
                    case HEAVY -> ready.heavy.add(next);
                }
            }
        }
        if (ended == submitted) {
            changed.signalAll();
        }
        return ready;
    }

    /** Gives a ready operation to an idle or a new thread; the lock is held. */
    private void dispatch(Work work) {
        Runner runner = idle.pollLast();
        if (runner != null) {
            runner.offered = false;
            runner.since = System.nanoTime();
            runner.assigned = work;
            LockSupport.unpark(runner);
        } else if (runners.size() < MOST_RUNNERS) {
            Runner fresh = new Runner(work, "cryo device " + runners.size());
            runners.add(fresh);
            fresh.start();
        } else {
            overflow.add(work);
        }
    }

    /** Operations that are ready; guarded by the lock. */
    private final class Ready {
        private final ArrayDeque<Work> light = new ArrayDeque<>(4);
        private final ArrayDeque<Work> heavy = new ArrayDeque<>(4);

        /** Takes the one to go on with, and gives to other threads what it would hold up. */
        @Nullable Work poll() {
            Work next = light.isEmpty() ? heavy.poll() : light.poll();
            while (heavy.size() > (next != null && next.weight == Work.Weight.LIGHT ? 1 : 0)) {
                dispatch(heavy.remove());
            }
            return next;
        }

        boolean isEmpty() {
            return light.isEmpty() && heavy.isEmpty();
        }

        void dispatchAll() {
            light.forEach(Scheduler.this::dispatch);
            light.clear();
            heavy.forEach(Scheduler.this::dispatch);
            heavy.clear();
        }
    }

    /** A thread that runs operations. */
    private final class Runner extends Thread {
        private volatile @Nullable Work assigned;
        /** Whether this thread is among the idle. */
        private boolean offered;
        /** What runs; it is here before {@link #assigned} is cleared, and until the lock is held to end it. */
        private volatile @Nullable Work current;
        private volatile long since;
        /** What became ready by this thread's operations and was not given to others: at most one heavy one. */
        private final Ready own = new Ready();

        Runner(Work first, String name) {
            super(name);
            setDaemon(true);
            assigned = first;
        }

        @Override
        public void run() {
            for (Work work = awaitAssigned(); work != null; work = next(work)) {
                work.runSafely();
            }
        }

        /** What this thread runs or is about to run; null if it is idle. */
        @Nullable Work current() {
            Work next = assigned;
            Work running = current;
            return running != null ? running : next;
        }

        /** Ends an operation and returns the next one of this thread; null when the thread is to end. */
        private @Nullable Work next(Work done) {
            lock.lock();
            try {
                current = null;
                end(done, own);
                Work next = takeOwn();
                if (next != null && next.weight == Work.Weight.LIGHT && own.isEmpty() && overflow.isEmpty()) {
                    // So soon over that the next operation had better wait for this thread than wake another.
                    offer();
                    return begin(next);
                }
                if (next != null || (next = overflow.poll()) != null) {
                    return begin(withdraw(next));
                }
                offer();
            } finally {
                lock.unlock();
            }
            return awaitAssigned();
        }

        private Work begin(Work work) {
            since = System.nanoTime();
            current = work;
            return work;
        }

        private @Nullable Work takeOwn() {
            Work next = own.poll();
            if (next != null && next.weight == Work.Weight.HEAVY && !overflow.isEmpty()) {
                overflow.add(next);
                return overflow.poll();
            }
            return next;
        }

        /** Makes this thread known as idle, unless it is or was assigned an operation meanwhile; the lock is held. */
        private void offer() {
            if (assigned == null && !offered) {
                offered = true;
                idle.addLast(this);
                spinner = this;
            }
        }

        /** Undoes {@link #offer}; where an operation was assigned already, the given one goes to another thread. */
        private Work withdraw(Work work) {
            if (offered) {
                offered = false;
                idle.remove(this);
            }
            Work other = assigned;
            if (other == null) {
                return work;
            }
            assigned = null;
            dispatch(work);
            return other;
        }

        private @Nullable Work awaitAssigned() {
            long start = System.nanoTime();
            for (long waited = 0; ; waited = System.nanoTime() - start) {
                Work work = assigned;
                if (work != null) {
                    begin(work);
                    assigned = null;
                    return work;
                }
                if (waited < SPIN_NANOS && spinner == this) {
                    Thread.onSpinWait();
                } else if (waited > IDLE_NANOS || closed) {
                    if (retire()) {
                        return null;
                    }
                } else {
                    // Nothing that could itself park may come between the look at what is assigned and this: it would
                    // take the permit of the wake-up.
                    LockSupport.parkNanos(this, IDLE_NANOS);
                }
            }
        }

        /** Leaves the scheduler, unless work was assigned meanwhile. */
        private boolean retire() {
            lock.lock();
            try {
                if (!idle.remove(this)) {
                    return false;
                }
                runners.remove(this);
                return true;
            } finally {
                lock.unlock();
            }
        }
    }
}
