package dev.cryo.proxy.host;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What to start an application with.
 *
 * @param command the program and its arguments
 * @param environment its whole environment; nothing is inherited
 * @param folder its working directory
 * @param apart whether it gets a process and a time namespace and a session of its own, which CRIU needs and which
 *     takes root; without them its host state cannot be dumped
 */
public record ApplicationCommand(List<String> command, Map<String, String> environment, Path folder, boolean apart) {
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
        if (apart) {
            words.addAll(List.of("unshare", "--pid", "--time", "--fork", "setsid"));
        }
        words.addAll(command);
        return words;
    }
}
