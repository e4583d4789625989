package dev.cryo.proxy.host;

/**
 * How an application's root process ended.
 *
 * @param code the code by the shell's convention: the exit code, or 128 plus the signal's number
 * @param signal the signal that ended it, 0 when it ended by itself
 */
public record ExitStatus(int code, int signal) {
    private static final int LAST_SIGNAL = 64;

    /** From the status word that waitpid gives. */
    static ExitStatus ofWaitStatus(int status) {
        int signal = status & 0x7f;
        return signal == 0 ? new ExitStatus((status >> 8) & 0xff, 0) : new ExitStatus(128 + signal, signal);
    }

    /**
     * From a shell's code, which does not tell exit(137) and death by SIGKILL apart: codes above 128 are taken for
     * signals, but for those that a JVM itself exits with when it is asked to end.
     */
    static ExitStatus ofShellCode(int code) {
        int signal = code - 128;
        boolean asked = SignalNumbers.asksForTheEnd(signal);
        return new ExitStatus(code, signal > 0 && signal <= LAST_SIGNAL && !asked ? signal : 0);
    }

    /** Whether it ended by itself with code 0. */
    public boolean success() {
        return code == 0;
    }

    @Override
    public String toString() {
        return signal == 0 ? "exit code " + code : "killed by signal " + signal;
    }
}
