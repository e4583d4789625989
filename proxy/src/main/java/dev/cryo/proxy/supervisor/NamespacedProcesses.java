package dev.cryo.proxy.supervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds the processes of an application, which may be in a PID namespace of its own, by the ids that they know
 * themselves by.
 *
 * @param root the application's root process, by the id that it has here
 */
record NamespacedProcesses(long root) implements Halves.Processes {
    @Override
    public long visible(long pidInNamespace) throws IOException {
        ProcessHandle process = ProcessHandle.of(root)
                .orElseThrow(() -> new IOException("the application's process " + root + " has ended"));
        Path namespace = namespace(root);
        for (ProcessHandle candidate :
                Stream.concat(Stream.of(process), process.descendants()).toList()) {
            if (innermostPid(candidate.pid()) == pidInNamespace && namespace(candidate.pid()).equals(namespace)) {
                return candidate.pid();
            }
        }
        throw new IOException("no process of the application calls itself " + pidInNamespace);
    }

    private static Path namespace(long pid) throws IOException {
        Path link = Path.of("/proc/" + pid + "/ns/pid");
        return Files.exists(link) ? Files.readSymbolicLink(link) : Path.of("");
    }

    /** The id that a process knows itself by; -1 for one that has ended. */
    static long innermostPid(long pid) throws IOException {
        Path status = Path.of("/proc/" + pid + "/status");
        List<String> lines = Files.exists(status) ? Files.readAllLines(status) : List.of();
        return lines.stream()
                .filter(line -> line.startsWith("NSpid:"))
                .map(line -> line.substring(line.lastIndexOf('\t') + 1))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(-1);
    }
}
