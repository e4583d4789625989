package dev.cryo.streamlog.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Sleeping on a word of shared memory and waking those who do, across processes.
 *
 * <p>A wait may end for no reason: callers check their condition again. A thread that waits is no obstacle to the
 * garbage
 * collector.
 */
public final class Futex {
    private static final long SYS_FUTEX = 202;
    private static final long FUTEX_WAIT = 0;
    private static final long FUTEX_WAKE = 1;
    private static final CFunction SYSCALL = CFunction.of("syscall");
    private static final ThreadLocal<MemorySegment> TIMEOUT =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(16, 8));

    private Futex() {}

    /** Sleeps while the word at an address holds a value, at most the given time. */
    public static void await(long address, int value, long nanoseconds) {
        MemorySegment timeout = TIMEOUT.get();
        timeout.set(ValueLayout.JAVA_LONG, 0, nanoseconds / 1_000_000_000);
        timeout.set(ValueLayout.JAVA_LONG, 8, nanoseconds % 1_000_000_000);
        call(address, FUTEX_WAIT, value, timeout.address());
    }

    /** Wakes all threads that sleep on the word at an address. */
    public static void wakeAll(long address) {
        call(address, FUTEX_WAKE, Integer.MAX_VALUE, 0);
    }

    private static void call(long address, long operation, long value, long timeout) {
        // Its errors (the value differs, the time is over, a signal came) all mean: look again.
        long unused = SYSCALL.call(SYS_FUTEX, address, operation, value, timeout);
    }
}
