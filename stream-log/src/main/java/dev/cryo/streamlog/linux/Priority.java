package dev.cryo.streamlog.linux;

import java.lang.invoke.MethodHandle;

/** How much of the processors a thread gets beside others (setpriority(2)). */
public final class Priority {
    private static final int PROCESS = 0;
    private static final int CALLER = 0;
    private static final int LOW = 10;
    private static final MethodHandle SET = LibC.bind("setpriority", 3);

    private Priority() {}

    /** Lets all ordinary threads go before the calling one; Linux takes a thread's priority for its own. */
    public static void lower() {
        try {
            long unused = (long) SET.invokeExact(LibC.errnoPlace(), (long) PROCESS, (long) CALLER, (long) LOW);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
