package dev.cryo.proxy.host;

import dev.cryo.streamlog.linux.CFunction;
import dev.cryo.streamlog.linux.LibC;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** The few system calls on processes and pipes that the JDK has no method for. */
final class Posix {
    private static final int EINTR = 4;
    private static final int RLIMIT_FSIZE = 1;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final int MNT_DETACH = 2;

    private static final CFunction MKFIFO = CFunction.of("mkfifo");
    private static final CFunction KILL = CFunction.of("kill");
    private static final CFunction RAISE = CFunction.of("raise");
    private static final CFunction WAITPID = CFunction.of("waitpid");
    private static final CFunction PRCTL = CFunction.of("prctl");
    private static final CFunction PRLIMIT = CFunction.of("prlimit");
    private static final CFunction UMOUNT2 = CFunction.of("umount2");
    private static final CFunction STRERROR = CFunction.of("strerror");

    private Posix() {}

    /** Makes a named pipe that only its owner can open. */
    static void mkfifo(Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            if ((int) MKFIFO.call(arena.allocateFrom(path.toString()).address(), 0600) != 0) {
                throw new IOException("mkfifo " + path + ": " + error());
            }
        }
    }

    /** Takes away what is mounted at a folder, for those that use it still when they have done. */
    static void unmount(Path folder) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            if ((int) UMOUNT2.call(arena.allocateFrom(folder.toString()).address(), MNT_DETACH) != 0) {
                throw new IOException("umount " + folder + ": " + error());
            }
        }
    }

    /** Sends a signal; false when there is no such process. */
    static boolean kill(int pid, int signal) {
        return (int) KILL.call(pid, signal) == 0;
    }

    /** Sends a signal to the calling thread; what it does is done on return. */
    static void raise(int signal) {
        if ((int) RAISE.call(signal) != 0) {
            throw new IllegalStateException("raise " + signal + ": " + error());
        }
    }

    /** Blocks until this process's child has ended and gives its status word. */
    static int waitpid(int pid) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(ValueLayout.JAVA_INT);
            while ((int) WAITPID.call(pid, status.address(), 0) < 0) {
                if (LibC.errno() != EINTR) {
                    throw new IOException("waitpid " + pid + ": " + error());
                }
            }
            return status.get(ValueLayout.JAVA_INT, 0);
        }
    }

    /** Makes every further write of a process to a file fail; false when there is no such process. */
    static boolean forbidWriting(int pid) {
        try (Arena arena = Arena.ofConfined()) {
            // struct rlimit: the soft limit, the hard limit; u64 each.
            MemorySegment none = arena.allocateFrom(ValueLayout.JAVA_LONG, 0, 0);
            return (int) PRLIMIT.call(pid, RLIMIT_FSIZE, none.address()) == 0;
        }
    }

    /** Makes this process the parent of descendants whose own parent ends, as a process restored by CRIU has. */
    static void becomeSubreaper() {
        if ((int) PRCTL.call(PR_SET_CHILD_SUBREAPER, 1) != 0) {
            throw new IllegalStateException("prctl(PR_SET_CHILD_SUBREAPER): " + error());
        }
    }

    /** What has gone wrong in this thread's last call. */
    private static String error() {
        long text = STRERROR.call(LibC.errno());
        return MemorySegment.ofAddress(text).reinterpret(256).getString(0);
    }
}
