package dev.cryo.proxy.supervisor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Folders that are of use only to the process that has made them, readable by their owner only. A folder's name tells
 * of its process, so that what a killed one has left can be removed: {@code PREFIX-NAMESPACE-PID-RANDOM}. A process
 * that is ended by a signal which it does not handle, but could, removes its own.
 */
public final class ProcessFolder {
    private static final System.Logger LOG = System.getLogger(ProcessFolder.class.getName());
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();
    private static final int TRIES = 5;

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(ProcessFolder::removeOpen, "cryo-folders"));
    }

    private ProcessFolder() {}

    /** Creates an empty one of this process in a folder. */
    public static Path create(Path parent, String prefix) throws IOException {
        Path made = Files.createTempDirectory(
                parent,
                prefix + "-" + pidNamespace() + "-" + ProcessHandle.current().pid() + "-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        OPEN.add(made);
        return made;
    }

    /** Removes those in a folder that processes of this namespace which are no more have left. */
    public static void cleanLeftovers(Path parent, String prefix) throws IOException {
        if (!Files.isDirectory(parent)) {
            return;
        }
        String namespace = pidNamespace();
        Pattern name = Pattern.compile(Pattern.quote(prefix + "-" + namespace) + "-([0-9]{1,18})-.*");
        List<Path> left;
        try (Stream<Path> entries = Files.list(parent)) {
            left = entries.filter(entry -> isLeftover(entry, name)).toList();
        }
        for (Path entry : left) {
            remove(entry);
        }
    }

    /** The number of this process's PID namespace: containers may share folders, but not what their ids mean. */
    private static String pidNamespace() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString().replaceAll("[^0-9]", "");
    }

    private static boolean isLeftover(Path entry, Pattern form) {
        Matcher name = form.matcher(entry.getFileName().toString());
        return name.matches()
                && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)
                && Files.isWritable(entry)
                && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty();
    }

    /** Removes one with all that is in it. */
    public static void remove(Path folder) throws IOException {
        removeTree(folder);
        OPEN.remove(folder);
    }

    /** At the end of this process, whose threads may still write there. */
    private static void removeOpen() {
        for (Path folder : OPEN) {
            for (int tried = 1; Files.exists(folder); tried++) {
                try {
                    removeTree(folder);
                } catch (IOException | UncheckedIOException e) {
                    if (tried == TRIES) {
                        LOG.log(System.Logger.Level.WARNING, "left behind: {0} ({1})", folder, e.getMessage());
                        break;
                    }
                }
            }
        }
    }

    private static void removeTree(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path entry : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        }
    }
}
