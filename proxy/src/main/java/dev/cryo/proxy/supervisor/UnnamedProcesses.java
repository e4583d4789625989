package dev.cryo.proxy.supervisor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Processes of a job that its status does not name, since its supervisor was killed before it knew them: CRIU, which
 * goes on restoring, and what it has restored. They are known by the job's pipes and by CRIU's working folder.
 */
final class UnnamedProcesses {
    private UnnamedProcesses() {}

    /** All that can be seen, but for this process. */
    static Stream<ProcessHandle> of(JobFolder folder) throws IOException {
        // As the kernel names them: the job's folder may be reached by links.
        Path real = folder.path().toRealPath();
        List<Path> pipes = Stream.of("stdin", "stdout", "stderr").map(real::resolve).toList();
        Path criu = real.resolve("criu");
        return ProcessHandle.allProcesses()
                .filter(process -> !process.equals(ProcessHandle.current()))
                .filter(process -> restores(process, criu) || holds(process, pipes));
    }

    private static boolean restores(ProcessHandle process, Path criu) {
        List<String> words = process.info().arguments().map(List::of).orElse(List.of());
        int option = words.indexOf("--work-dir");
        return option >= 0 && option + 1 < words.size() && isSame(words.get(option + 1), criu);
    }

    private static boolean isSame(String folder, Path real) {
        try {
            return Path.of(folder).toRealPath().equals(real);
        } catch (IOException | InvalidPathException e) {
            return false;
        }
    }

    private static boolean holds(ProcessHandle process, List<Path> pipes) {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                if (pipes.contains(Files.readSymbolicLink(descriptor))) {
                    return true;
                }
            }
            return false;
        } catch (IOException | UncheckedIOException e) {
            return false; // It has ended, at whatever moment of this, or is another user's.
        }
    }
}
