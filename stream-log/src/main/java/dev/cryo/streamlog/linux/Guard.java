package dev.cryo.streamlog.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * A small process (a shell) that holds a descriptor beside this one. When this process ends without having closed it,
 * by SIGKILL or for want of memory, the guard kills the process whose id is in a file, and only then lets go of the
 * descriptor: so that process never sees what would become of its memory without a holder.
 *
 * <p>For one thread.
 */
public final class Guard implements AutoCloseable {
    /** A line says that all is well; the end of input says that this process is no more. */
    private static final String SCRIPT = "trap '' HUP INT TERM QUIT; read -r line || kill -9 \"$(cat \"$1\")\"";

    private static final long CLOEXEC = 02000000;
    private static final int ACTIONS_BYTES = 80; // sizeof(posix_spawn_file_actions_t) in glibc
    private static final int FIRST_UNUSED = 4;
    private static final int EINTR = 4;

    private static final CFunction PIPE2 = CFunction.of("pipe2");
    private static final CFunction SPAWN = CFunction.of("posix_spawn");
    private static final CFunction ACTIONS_INIT = CFunction.of("posix_spawn_file_actions_init");
    private static final CFunction ACTIONS_DESTROY = CFunction.of("posix_spawn_file_actions_destroy");
    private static final CFunction ADD_DUP2 = CFunction.of("posix_spawn_file_actions_adddup2");
    private static final CFunction WRITE = CFunction.of("write");
    private static final CFunction WAITPID = CFunction.of("waitpid");

    private final int pid;
    private final int line;

    private Guard(int pid, int line) {
        this.pid = pid;
        this.line = line;
    }

    /**
     * Starts one.
     *
     * @param descriptor what it holds
     * @param pidFile where the id of the process is that it kills; need not be there yet
     */
    public static Guard start(int descriptor, Path pidFile) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(8, 8);
            check(PIPE2.call(ends.address(), CLOEXEC), "make a pipe");
            int readEnd = ends.get(JAVA_INT, 0);
            int writeEnd = ends.get(JAVA_INT, 4);
            try {
                return new Guard(spawn(arena, readEnd, descriptor, pidFile), writeEnd);
            } catch (LinuxException e) {
                Descriptors.close(writeEnd);
                throw e;
            } finally {
                Descriptors.close(readEnd);
            }
        }
    }

    private static int spawn(Arena arena, int input, int held, Path pidFile) throws LinuxException {
        MemorySegment actions = arena.allocate(ACTIONS_BYTES, 8);
        long unused = ACTIONS_INIT.call(actions.address());
        try {
            // By way of high numbers: one of the two may be the number that the other is to have.
            dup(actions, held, 1001);
            dup(actions, input, 0);
            dup(actions, 1001, FIRST_UNUSED - 1);
            closeOthers(actions);
            MemorySegment id = arena.allocate(4, 8);
            MemorySegment program = arena.allocateFrom("/bin/sh");
            MemorySegment words = pointers(arena, "sh", "-c", SCRIPT, "cryo-guard", pidFile.toString());
            MemorySegment variables = pointers(arena, "PATH=/usr/bin:/bin");
            int error = (int) SPAWN.call(id.address(), program.address(), actions.address(), 0, words.address(),
                    variables.address());
            if (error != 0) {
                throw new LinuxException("start /bin/sh", error);
            }
            return id.get(JAVA_INT, 0);
        } finally {
            unused = ACTIONS_DESTROY.call(actions.address());
        }
    }

    private static void dup(MemorySegment actions, int from, int to) throws LinuxException {
        int error = (int) ADD_DUP2.call(actions.address(), from, to);
        if (error != 0) {
            throw new LinuxException("hand descriptor " + from + " to a new process", error);
        }
    }

    /** Where the C library can (glibc 2.34): what else this process has open is nothing that a guard should hold. */
    private static void closeOthers(MemorySegment actions) {
        if (LibC.has("posix_spawn_file_actions_addclosefrom_np")) {
            long unused = CFunction.of("posix_spawn_file_actions_addclosefrom_np")
                    .call(actions.address(), FIRST_UNUSED);
        }
    }

    private static MemorySegment pointers(Arena arena, String... words) {
        MemorySegment array = arena.allocate(ADDRESS, words.length + 1L);
        for (int i = 0; i < words.length; i++) {
            array.setAtIndex(ADDRESS, i, arena.allocateFrom(words[i]));
        }
        return array;
    }

    private static void check(long result, String what) throws LinuxException {
        if ((int) result < 0) {
            throw new LinuxException(what, LibC.errno());
        }
    }

    /** Its process id. */
    public int pid() {
        return pid;
    }

    /** Ends it; when this returns, it holds nothing any more. */
    @Override
    public void close() throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = arena.allocate(1);
            word.set(JAVA_BYTE, 0, (byte) '\n');
            // That a guard is no more when it is told to end does no harm.
            long unused = WRITE.call(line, word.address(), 1);
            long waited;
            do {
                waited = WAITPID.call(pid, 0, 0);
            } while ((int) waited < 0 && LibC.errno() == EINTR);
        } finally {
            Descriptors.close(line);
        }
    }
}
