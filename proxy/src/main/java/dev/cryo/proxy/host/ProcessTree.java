package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The processes of a running application with their descriptors and mappings, as /proc tells them.
 *
 * <p>The application runs meanwhile: what it opens, closes or ends during the look may be missed.
 */
final class ProcessTree {
    private final List<Integer> pids = new ArrayList<>();

    /** A descriptor: of which process, its number, and what it refers to. */
    record Descriptor(int pid, int number, String target) {}

    /** A mapping: of which process, its permissions (the last letter s: shared), and the file. */
    record Mapping(int pid, String permissions, String target) {
        boolean changesFile() {
            return permissions.endsWith("s") && permissions.contains("w");
        }
    }

    private ProcessTree() {}

    /** The process and all its descendants. */
    static ProcessTree of(int root) throws IOException {
        ProcessTree tree = new ProcessTree();
        tree.add(root);
        return tree;
    }

    /** The process without its descendants. */
    static ProcessTree alone(int pid) {
        ProcessTree tree = new ProcessTree();
        tree.pids.add(pid);
        return tree;
    }

    List<Integer> pids() {
        return List.copyOf(pids);
    }

    /** The memory that the processes have, in bytes; what several share counts for each. */
    long residentBytes() throws IOException {
        long kilobytes = 0;
        for (int pid : pids) {
            for (String line : lines(Path.of("/proc/" + pid + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    kilobytes += Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
        }
        return kilobytes * 1024;
    }

    List<Descriptor> descriptors() throws IOException {
        List<Descriptor> found = new ArrayList<>();
        for (int pid : pids) {
            eachEntry(Path.of("/proc/" + pid + "/fd"), entry -> {
                try {
                    int number = Integer.parseInt(entry.getFileName().toString());
                    found.add(new Descriptor(pid, number, Files.readSymbolicLink(entry).toString()));
                } catch (IOException e) {
                    // Closed since the folder was listed.
                    return;
                }
            });
        }
        return found;
    }

    List<Mapping> mappings() throws IOException {
        List<Mapping> found = new ArrayList<>();
        for (int pid : pids) {
            for (String line : lines(Path.of("/proc/" + pid + "/maps"))) {
                String[] columns = line.split(" +", 6);
                if (columns.length == 6) {
                    found.add(new Mapping(pid, columns[1], columns[5]));
                }
            }
        }
        return found;
    }

    /** The lines of a file of /proc; none when its process has ended. */
    static List<String> lines(Path file) throws IOException {
        try {
            return Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("No such process")) {
                return List.of();
            }
            throw e;
        }
    }

    private void add(int pid) throws IOException {
        pids.add(pid);
        List<Path> tasks = new ArrayList<>();
        eachEntry(Path.of("/proc/" + pid + "/task"), tasks::add);
        for (Path task : tasks) {
            for (String line : lines(task.resolve("children"))) {
                for (String child : line.strip().split(" ")) {
                    if (!child.isEmpty()) {
                        add(Integer.parseInt(child));
                    }
                }
            }
        }
    }

    private static void eachEntry(Path folder, Consumer<Path> action) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            entries.forEach(action);
        } catch (NoSuchFileException e) {
            // The process has ended; its parent goes on without it.
            return;
        }
    }
}
