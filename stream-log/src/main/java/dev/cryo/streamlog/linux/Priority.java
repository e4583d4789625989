package dev.cryo.streamlog.linux;


/** How much of the processors a thread gets beside others (setpriority(2)). */
public final class Priority {
    private static final int PROCESS = 0;
    private static final long CALLER = 0;
    private static final int LOW = 10;
    private static final CFunction SET = CFunction.of("setpriority");

    private Priority() {}

    /** Lets all ordinary threads go before the calling one; Linux takes a thread's priority for its own. */
    public static void lower() {
        lower(CALLER);
    }

    /** Lets all ordinary threads go before a process of one thread. */
    static void lower(long process) {
        long unused = SET.call(PROCESS, process, LOW);
    }
}
