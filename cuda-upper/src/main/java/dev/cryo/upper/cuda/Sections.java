package dev.cryo.upper.cuda;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Steps, one at a time, of which none may be under way at a checkpoint. Thread-safe. */
final class Sections {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean held;
    private boolean inside;

    void enter() {
        lock.lock();
        try {
            while (held || inside) {
                changed.awaitUninterruptibly();
            }
            inside = true;
        } finally {
            lock.unlock();
        }
    }

    void leave() {
        lock.lock();
        try {
            inside = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void hold() {
        lock.lock();
        try {
            held = true;
        } finally {
            lock.unlock();
        }
    }

    void letGo() {
        lock.lock();
        try {
            held = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean awaitHeld(long nanos) throws InterruptedException {
        long left = nanos;
        lock.lock();
        try {
            while (inside && left > 0) {
                left = changed.awaitNanos(left);
            }
            return !inside;
        } finally {
            lock.unlock();
        }
    }
}
