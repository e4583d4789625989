package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.ApplicationProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * What signals mean to an application that is process 1 of its namespace. The kernel gives such a process only those
 * that it handles; one that it does not handle, and that would end any other process, must end it all the same.
 */
final class Delivery {
    /** HUP, INT, USR2, ALRM, TERM, STKFLT, XCPU, VTALRM, PROF, IO, PWR. */
    private static final Set<Integer> END_BY_DEFAULT = Set.of(1, 2, 12, 14, 15, 16, 24, 26, 27, 29, 30);

    private Delivery() {}

    /** Whether a signal must be delivered as SIGKILL, to do what it would do to any other process. */
    static boolean mustKill(ApplicationProcess application, int signal) {
        return application.isProcessOne()
                && END_BY_DEFAULT.contains(signal)
                && !isHandledOrIgnored(application.pid(), signal);
    }

    private static boolean isHandledOrIgnored(int pid, int signal) {
        long bit = 1L << (signal - 1);
        try {
            return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                    .filter(line -> line.startsWith("SigCgt:") || line.startsWith("SigIgn:"))
                    .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & bit) != 0);
        } catch (IOException e) {
            return true; // It has ended: there is nothing to end any more.
        }
    }
}
