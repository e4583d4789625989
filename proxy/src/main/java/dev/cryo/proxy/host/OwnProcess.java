package dev.cryo.proxy.host;

/** What a process can do to itself that the JDK has no method for. */
public final class OwnProcess {
    private OwnProcess() {}

    /**
     * Sends a signal to the calling thread and returns when its action is over: after one that stops this process, when
     * the process goes on.
     */
    public static void raise(int signal) {
        Posix.raise(signal);
    }
}
