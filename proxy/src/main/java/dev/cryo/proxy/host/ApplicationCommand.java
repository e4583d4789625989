package dev.cryo.proxy.host;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What to start an application with.
 *
 * @param command the program and its arguments
 * @param environment its whole environment; nothing is inherited
 * @param folder its working directory
 * @param place among which processes it is started
 */
public record ApplicationCommand(List<String> command, Map<String, String> environment, Path folder, Place place) {
    /**
     * Process 1 of a namespace, below which a program has the id that process 1 has outside: so it differs from those
     * of all programs of the machine, and is in its /proc, with its own namespace. NVIDIA's driver names an abstract
     * socket of each CUDA process by the namespace that /proc tells for its id, and by its id.
     */
    private static final String PROCESS_ONE = """
            while read -r name outside rest; do [ "$name" = NSpid: ] && break; done </proc/self/status
            { echo $((outside - 1)) >/proc/sys/kernel/ns_last_pid; } 2>/dev/null
            exec 3>&2 2>/dev/null
            (exec 2>&3 3>&-; exec "$@")
            exit $?
            """;

    /** Names that a shell takes for those of variables; it passes no others on. */
    private static final Pattern SHELL_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    /** Among which processes an application is started. */
    public enum Place {
        /** Among those of this process; its host state cannot be dumped. */
        HERE,
        /** As process 1 of a process and a time namespace and a session of its own, which CRIU needs; takes root. */
        APART,
        /** In such namespaces too, but below a process 1 that only waits for it. */
        BELOW_PROCESS_ONE
    }

    /** Copies the list and the map. */
    public ApplicationCommand {
        if (command.isEmpty()) {
            throw new IllegalArgumentException("no command");
        }
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }

    /**
     * Options that a JVM should be started with, so that its image does not hang on what other JVMs do: the file of
     * performance counters is named by the process id, which is 1 for every application in a namespace of its own.
     */
    public static List<String> jvmOptions() {
        return List.of("-XX:-UsePerfData");
    }

    /**
     * The command line. A mount namespace would make inherited descriptors impossible to dump, and a signal at the
     * parent's death would be restored too: hence neither --mount-proc nor --kill-child.
     */
    List<String> words() {
        List<String> words = new ArrayList<>();
        if (place != Place.HERE) {
            words.addAll(List.of("unshare", "--pid", "--time", "--fork", "setsid"));
        }
        if (place == Place.BELOW_PROCESS_ONE) {
            words.addAll(List.of("/bin/sh", "-c", PROCESS_ONE, "sh"));
            List<String> lost = environment.entrySet().stream()
                    .filter(variable -> !SHELL_NAME.matcher(variable.getKey()).matches())
                    .map(variable -> variable.getKey() + "=" + variable.getValue())
                    .sorted()
                    .toList();
            if (!lost.isEmpty()) {
                words.add("/usr/bin/env");
                words.addAll(lost);
            }
        }
        words.addAll(command);
        return words;
    }
}
