package dev.cryo.proxy.supervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds processes whose threads may wait for pages of unified memory that their proxy serves, by the userfaultfd that
 * they hold. Stateless.
 */
final class UnifiedMemoryUse {
    private static final String USERFAULTFD = "anon_inode:[userfaultfd]";

    private UnifiedMemoryUse() {}

    /** Those among a process and its descendants. */
    static List<ProcessHandle> under(ProcessHandle root) throws IOException {
        List<ProcessHandle> all = Stream.concat(Stream.of(root), root.descendants()).toList();
        List<ProcessHandle> found = new ArrayList<>();
        for (ProcessHandle process : all) {
            if (holdsUserfaultfd(process.pid())) {
                found.add(process);
            }
        }
        return found;
    }

    private static boolean holdsUserfaultfd(long pid) throws IOException {
        Path folder = Path.of("/proc/" + pid + "/fd");
        try (Stream<Path> descriptors = Files.list(folder)) {
            for (Path descriptor : (Iterable<Path>) descriptors::iterator) {
                if (points(descriptor)) {
                    return true;
                }
            }
            return false;
        } catch (NoSuchFileException e) {
            return false; // It has ended.
        }
    }

    private static boolean points(Path descriptor) throws IOException {
        try {
            return Files.readSymbolicLink(descriptor).toString().equals(USERFAULTFD);
        } catch (NoSuchFileException e) {
            return false; // It was closed meanwhile.
        }
    }
}
