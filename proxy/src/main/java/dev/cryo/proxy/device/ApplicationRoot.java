package dev.cryo.proxy.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The process that an application ends with, which need not be the JVM that uses the device: a shell may have started
 * that, and would run its next command.
 *
 * @param process process 1 of the application's namespace, or what its supervisor has started; where neither can be
 *     told, the JVM itself
 */
record ApplicationRoot(ProcessHandle process) {
    /**
     * Looks upwards from a JVM, while its supervisor is alive.
     *
     * @param supervisor whose id is as this process sees it, as that of the JVM
     */
    static ApplicationRoot of(ProcessHandle jvm, long supervisor) {
        Optional<Path> namespace = namespace(jvm);
        boolean apart = !namespace.equals(namespace(ProcessHandle.current()));
        ProcessHandle top = jvm;
        while (true) {
            Optional<ProcessHandle> above = top.parent();
            if (above.filter(parent -> parent.pid() == supervisor).isPresent()) {
                return new ApplicationRoot(top);
            }
            if (above.isEmpty() || !namespace(above.get()).equals(namespace)) {
                return new ApplicationRoot(apart ? top : jvm);
            }
            top = above.get();
        }
    }

    private static Optional<Path> namespace(ProcessHandle process) {
        try {
            return Optional.of(Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/ns/pid")));
        } catch (IOException e) {
            return Optional.empty(); // It has ended, or is another user's.
        }
    }

    /** Kills it and all below it; does not wait. */
    void kill() {
        List<ProcessHandle> all =
                Stream.concat(Stream.of(process), process.descendants()).toList();
        all.forEach(ProcessHandle::destroyForcibly);
    }
}
