package dev.cryo.proxy.host;

/** The numbers of Linux signals, as signal(7) lists them for x86 and ARM. */
public final class SignalNumbers {
    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGKILL = 9;
    public static final int SIGTERM = 15;
    public static final int SIGCONT = 18;
    public static final int SIGSTOP = 19;

    private SignalNumbers() {}

    /** Whether a signal asks a process to end, so that it may do so in good order. */
    public static boolean asksForTheEnd(int number) {
        return number == SIGHUP || number == SIGINT || number == SIGTERM;
    }
}
