package dev.cryo.uvm;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/** Keeps the garbage collector busy until closed. */
final class Garbage implements AutoCloseable {
    private static final int BYTES = 256 * 1024;
    private static final int PER_COLLECTION = 50;

    private final Thread thread = Thread.ofPlatform().daemon().name("garbage").unstarted(this::run);
    private volatile boolean stopped;
    private final AtomicReference<byte[]> last = new AtomicReference<>();

    private Garbage() {}

    static Garbage produce() {
        Garbage garbage = new Garbage();
        garbage.thread.start();
        return garbage;
    }

    private void run() {
        for (int i = 1; !stopped; i++) {
            last.set(new byte[BYTES]);
            if (i % PER_COLLECTION == 0) {
                System.gc();
            }
            LockSupport.parkNanos(200_000);
        }
    }

    @Override
    public void close() throws InterruptedException {
        stopped = true;
        thread.join();
    }
}
