package dev.cryo.proxy.host;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Arrays;

/** The few system calls on processes and pipes that the JDK has no method for. */
final class Posix {

    private static final int EINTR = 4;
    private static final int RLIMIT_FSIZE = 1;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final int MNT_DETACH = 2;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle MKFIFO = function("mkfifo",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final MethodHandle KILL = function("kill",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle RAISE = function("raise",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle WAITPID = function("waitpid",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
                    ValueLayout.JAVA_INT));
    private static final MethodHandle PRCTL = function("prctl",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
    private static final MethodHandle PRLIMIT = function("prlimit",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS));
    private static final MethodHandle UMOUNT2 = function("umount2",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final MethodHandle STRERROR = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("strerror"),
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

    private Posix() {}

    /** Makes a named pipe that only its owner can open. */
    static void mkfifo(Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            if ((int) invoke(MKFIFO, state, arena.allocateFrom(path.toString()), 0600) != 0) {
                throw new IOException("mkfifo " + path + ": " + message(errno(state)));
            }
        }
    }

    /** Takes away what is mounted at a folder, for those that use it still when they have done. */
    static void unmount(Path folder) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            if ((int) invoke(UMOUNT2, state, arena.allocateFrom(folder.toString()), MNT_DETACH) != 0) {
                throw new IOException("umount " + folder + ": " + message(errno(state)));
            }
        }
    }

    /** Sends a signal; false when there is no such process. */
    static boolean kill(int pid, int signal) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) invoke(KILL, arena.allocate(STATE), pid, signal) == 0;
        }
    }

    /** Sends a signal to the calling thread; what it does is done on return. */
    static void raise(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            if ((int) invoke(RAISE, state, signal) != 0) {
                throw new IllegalStateException("raise " + signal + ": " + message(errno(state)));
            }
        }
    }

    /** Blocks until this process's child has ended and gives its status word. */
    static int waitpid(int pid) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment status = arena.allocate(ValueLayout.JAVA_INT);
            while ((int) invoke(WAITPID, state, pid, status, 0) < 0) {
                if (errno(state) != EINTR) {
                    throw new IOException("waitpid " + pid + ": " + message(errno(state)));
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
            return (int) invoke(PRLIMIT, arena.allocate(STATE), pid, RLIMIT_FSIZE, none, MemorySegment.NULL) == 0;
        }
    }

    /** Makes this process the parent of descendants whose own parent ends, as a process restored by CRIU has. */
    static void becomeSubreaper() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            if ((int) invoke(PRCTL, state, PR_SET_CHILD_SUBREAPER, 1L) != 0) {
                throw new IllegalStateException("prctl(PR_SET_CHILD_SUBREAPER): " + message(errno(state)));
            }
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker.Option[] all = Arrays.copyOf(options, options.length + 1);
        all[options.length] = Linker.Option.captureCallState("errno");
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, all);
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    private static String message(int errno) {
        MemorySegment text = (MemorySegment) invoke(STRERROR, errno);
        return text.reinterpret(256).getString(0);
    }

    private static Object invoke(MethodHandle function, Object... arguments) {
        try {
            return function.invokeWithArguments(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
