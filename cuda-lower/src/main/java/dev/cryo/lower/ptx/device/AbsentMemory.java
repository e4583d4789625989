package dev.cryo.lower.ptx.device;

import dev.cryo.lower.ptx.memory.Absence;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.linux.Priority;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Device memory whose contents still lie in an image: each window of 2 MiB is brought when it is used first, or by a
 * thread of its own that goes through all of them at a low priority.
 *
 * <p>Invariant: the memory of a window that is absent is zero, is live exactly where the image has it, and nobody has
 * read or written it. So it can be filled by anyone, once, and a capture takes it from the image. Who takes a
 * window makes it present, others wait for that; its contents are written before its state. Thread-safe.
 */
final class AbsentMemory implements Absence, AutoCloseable {
    private static final long WINDOW = LowerHalf.Contents.WINDOW_BYTES;
    private static final int LOCKS = 16;
    private static final int ABSENT = 0;
    /** Somebody makes it present. */
    private static final int TAKEN = 1;

    private static final int PRESENT = 2;

    private final LowerHalf.Contents contents;
    private final Consumer<IOException> lost;
    private final LongConsumer brought;
    private final Runnable complete;
    private final long[] windows;
    private final AtomicIntegerArray states;
    private final AtomicInteger missing;
    private final Object[] locks = new Object[LOCKS];
    /** This, while something is missing, and captures that read from the image. */
    private final AtomicInteger users = new AtomicInteger(1);

    private final Thread bringer;
    private volatile boolean closing;

    /**
     * Memory that is absent where contents has something.
     *
     * @param contents is closed when it is no longer needed
     * @param lost is told what keeps contents from being brought
     * @param brought is told of each window, by its number, when its contents are in memory and nobody can use them yet
     * @param complete is told when nothing is missing
     */
    AbsentMemory(
            LowerHalf.Contents contents, Consumer<IOException> lost, LongConsumer brought, Runnable complete) {
        this.contents = contents;
        this.lost = lost;
        this.brought = brought;
        this.complete = complete;
        this.windows = contents.windows();
        this.states = new AtomicIntegerArray(windows.length);
        this.missing = new AtomicInteger(windows.length);
        Arrays.setAll(locks, i -> new Object());
        this.bringer = Thread.ofPlatform().daemon().name("cryo-bring").unstarted(this::bringAll);
    }

    /**
     * To be called once, when all who use the memory know of this.
     *
     * @param bringsAll whether to bring everything in the background, and not only what is used
     */
    void begin(boolean bringsAll) {
        if (windows.length == 0) {
            end();
        } else if (bringsAll) {
            bringer.start();
        }
    }

    private void bringAll() {
        Priority.lower();
        try {
            for (int i = 0; i < windows.length && !closing; i++) {
                bring(i);
            }
        } catch (LostContentsException e) {
            // Told; what needs them fails.
        }
    }

    @Override
    public boolean isAbsent(long low, long end) {
        for (int i = from(low); i < windows.length && windows[i] * WINDOW < end; i++) {
            if (states.get(i) != PRESENT) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void require(long low, long end) {
        for (int i = from(low); i < windows.length && windows[i] * WINDOW < end; i++) {
            bring(i);
        }
    }

    @Override
    public void replace(long low, long end) {
        for (int i = from(low); i < windows.length && windows[i] * WINDOW < end; i++) {
            if (windows[i] * WINDOW >= low && (windows[i] + 1) * WINDOW <= end) {
                drop(i);
            } else {
                bring(i);
            }
        }
    }

    @Override
    public long start(long address) {
        return address / WINDOW * WINDOW;
    }

    @Override
    public long end(long address) {
        return start(address) + WINDOW;
    }

    /** The first window that ends behind an address. */
    private int from(long address) {
        int found = Arrays.binarySearch(windows, address / WINDOW);
        return found >= 0 ? found : -found - 1;
    }

    private void bring(int window) {
        if (!take(window)) {
            return;
        }
        boolean here = false;
        try {
            contents.load(windows[window], AbsentMemory::fill);
            brought.accept(windows[window]);
            here = true;
        } catch (IOException e) {
            lost.accept(e);
            throw new LostContentsException(e);
        } finally {
            settle(window, here ? PRESENT : ABSENT);
        }
        count();
    }

    /** The memory is zero, as it would be if the image had nothing there. */
    private void drop(int window) {
        if (take(window)) {
            settle(window, PRESENT);
            count();
        }
    }

    /** Whether the caller is the one who makes a window present; if not, it is present when this returns. */
    private boolean take(int window) {
        if (states.get(window) == PRESENT) {
            return false;
        }
        Object lock = locks[window % LOCKS];
        boolean interrupted = false;
        try {
            synchronized (lock) {
                while (!states.compareAndSet(window, ABSENT, TAKEN)) {
                    if (states.get(window) == PRESENT) {
                        return false;
                    }
                    try {
                        lock.wait();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
                return true;
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void settle(int window, int state) {
        Object lock = locks[window % LOCKS];
        synchronized (lock) {
            states.set(window, state);
            lock.notifyAll();
        }
    }

    private static void fill(long address, MemorySegment from) {
        VirtualMemory.at(address, from.byteSize()).copyFrom(from);
    }

    private void count() {
        if (missing.decrementAndGet() == 0) {
            end();
        }
    }

    private void end() {
        complete.run();
        release();
    }

    private void release() {
        if (users.decrementAndGet() == 0) {
            try {
                contents.close();
            } catch (IOException e) {
                throw new IllegalStateException("an image that was read cannot be closed", e);
            }
        }
    }

    /**
     * What is absent now, to be read from the image until it is closed; nothing if all is here. Nobody may be using the
     * memory.
     */
    Optional<Absent> now() {
        if (users.getAndUpdate(count -> count == 0 ? 0 : count + 1) == 0) {
            return Optional.empty();
        }
        BitSet absent = new BitSet();
        for (int i = 0; i < windows.length; i++) {
            absent.set(i, states.get(i) != PRESENT);
        }
        return Optional.of(new Absent(absent));
    }

    /** Memory that was absent at one moment. */
    final class Absent implements AutoCloseable {
        private final BitSet absent;

        private Absent(BitSet absent) {
            this.absent = absent;
        }

        /** Whether all of a part of memory lies in one window that was absent. */
        boolean has(long address, long bytes) {
            int at = Arrays.binarySearch(windows, address / WINDOW);
            return at >= 0 && absent.get(at) && address % WINDOW + bytes <= WINDOW;
        }

        /** Reads a part of one window from the image; false if it was not absent. */
        boolean read(long address, MemorySegment into) throws IOException {
            if (!has(address, into.byteSize())) {
                return false;
            }
            contents.read(address, into);
            return true;
        }

        @Override
        public void close() {
            release();
        }
    }

    /** Gives up what is missing; nobody may use the memory any more. */
    @Override
    public void close() {
        closing = true;
        boolean interrupted = false;
        while (bringer.isAlive()) {
            try {
                bringer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (missing.getAndSet(0) > 0) {
            release();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Thrown to who needs contents that cannot be brought. */
    static final class LostContentsException extends RuntimeException {
        private static final long serialVersionUID = 1;

        LostContentsException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }
}
