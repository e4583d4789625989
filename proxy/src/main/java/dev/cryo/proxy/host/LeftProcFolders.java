package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The folders that a CRIU which was killed has left in the working folders of what it dumped. CRIU makes one for the
 * milliseconds in which it opens /proc there, and fails where one is: in such a working folder nothing could be dumped
 * any more.
 */
final class LeftProcFolders {
    /** As CRIU names them (criu/pie/parasite.c). */
    private static final String NAME = "proc.crtools";

    private LeftProcFolders() {}

    /**
     * Removes those of an application's processes; to be called when they have been there for much longer than a CRIU
     * needs them.
     *
     * @return how many there were
     * @throws IOException if one cannot be removed
     */
    static int remove(ProcessTree tree) throws IOException {
        int count = 0;
        for (int pid : tree.pids()) {
            try {
                Path working = Files.readSymbolicLink(Path.of("/proc/" + pid + "/cwd"));
                count += remove(working) ? 1 : 0;
            } catch (NoSuchFileException e) {
                // The process has ended.
            }
        }
        return count;
    }

    private static boolean remove(Path working) throws IOException {
        Path folder = working.resolve(NAME);
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        if (!Files.getAttribute(folder, "unix:dev").equals(Files.getAttribute(working, "unix:dev"))) {
            Posix.unmount(folder); // It has /proc there still.
        }
        return Files.deleteIfExists(folder);
    }
}
