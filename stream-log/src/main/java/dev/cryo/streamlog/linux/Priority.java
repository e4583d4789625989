package dev.cryo.streamlog.linux;

import java.lang.invoke.MethodHandle;

/** How much of the processors a thread gets beside others (setpriority(2)). */
public final class Priority {
    private static final int PROCESS = 0;
    private static final long CALLER = 0;
    private static final int LOW = 10;
    private static final MethodHandle SET = LibC.bind("setpriority", 3);

    private Priority() {}

    /** Lets all ordinary threads go before the calling one; Linux takes a thread's priority for its own. */
    public static void lower() {
        lower(CALLER);
    }

    /** Lets all ordinary threads go before a process of one thread. */
    static void lower(long process) {
        try {
            long unused = (long) SET.invokeExact(LibC.errnoPlace(), (long) PROCESS, process, (long) LOW);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
