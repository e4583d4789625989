package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the kernel says of a process (proc_pid_stat(5), proc_pid_status(5)). */
public final class ProcessState {
    /** Fields of the stat file, counted behind the name. */
    private static final int STATE = 0;

    private static final int THREADS = 17;
    private static final String TRACER = "TracerPid:";

    private ProcessState() {}

    /**
     * Whether a process is gone, or has ended with only its parent not knowing yet. A process whose first thread has
     * ended runs as long as it has others.
     */
    public static boolean hasEnded(long pid) {
        return stat(pid).map(stat -> isZombie(stat) && stat.get(THREADS).equals("1")).orElse(true);
    }

    /** Whether a process's first thread has ended: all are about to, if it was killed. */
    static boolean isEnding(long pid) {
        return stat(pid).map(ProcessState::isZombie).orElse(true);
    }

    private static boolean isZombie(List<String> stat) {
        return stat.get(STATE).equals("Z");
    }

    /** The fields behind the name, which may hold blanks and brackets; none of a process that is gone. */
    private static Optional<List<String>> stat(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            return Optional.of(List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ")));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Who traces a process, such as a debugger, or CRIU. */
    static Optional<ProcessHandle> tracer(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid + "/status"), StandardCharsets.ISO_8859_1).stream()
                    .filter(line -> line.startsWith(TRACER))
                    .map(line -> Long.parseLong(line.substring(TRACER.length()).strip()))
                    .flatMap(tracer -> ProcessHandle.of(tracer).stream())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty(); // It has ended.
        }
    }
}
