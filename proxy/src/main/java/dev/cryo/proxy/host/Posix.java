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
import org.jspecify.annotations.Nullable;

/** The few system calls on processes and pipes that the JDK has no method for. */
final class Posix {

    private static final int EINTR = 4;
    private static final int RLIMIT_FSIZE = 1;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final int MNT_DETACH = 2;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final Linker.Option ERRNO_KEPT = Linker.Option.captureCallState("errno");
    private static final Function MKFIFO = new Function("mkfifo",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT), ERRNO_KEPT);
    private static final Function KILL = new Function("kill",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), ERRNO_KEPT);
    private static final Function RAISE = new Function("raise",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), ERRNO_KEPT);
    private static final Function WAITPID = new Function("waitpid",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
                    ValueLayout.JAVA_INT), ERRNO_KEPT);
    private static final Function PRCTL = new Function("prctl",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG),
            ERRNO_KEPT, Linker.Option.firstVariadicArg(1));
    private static final Function PRLIMIT = new Function("prlimit",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS), ERRNO_KEPT);
    private static final Function UMOUNT2 = new Function("umount2",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT), ERRNO_KEPT);
    private static final Function STRERROR = new Function("strerror",
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

    private Posix() {}

    /** Makes a named pipe that only its owner can open. */
    static void mkfifo(Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            if ((int) MKFIFO.call(state, arena.allocateFrom(path.toString()), 0600) != 0) {
                throw new IOException("mkfifo " + path + ": " + message(errno(state)));
            }
        }
    }

    /** Takes away what is mounted at a folder, for those that use it still when they have done. */
    static void unmount(Path folder) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            if ((int) UMOUNT2.call(state, arena.allocateFrom(folder.toString()), MNT_DETACH) != 0) {
                throw new IOException("umount " + folder + ": " + message(errno(state)));
            }
        }
    }

    /** Has the first signal be sent as soon as later ones. */
    static void prepareToKill() {
        MethodHandle unused = KILL.linked();
    }

    /** Sends a signal; false when there is no such process. */
    static boolean kill(int pid, int signal) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) KILL.call(arena.allocate(STATE), pid, signal) == 0;
        }
    }

    /** Sends a signal to the calling thread; what it does is done on return. */
    static void raise(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            if ((int) RAISE.call(state, signal) != 0) {
                throw new IllegalStateException("raise " + signal + ": " + message(errno(state)));
            }
        }
    }

    /** Blocks until this process's child has ended and gives its status word. */
    static int waitpid(int pid) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment status = arena.allocate(ValueLayout.JAVA_INT);
            while ((int) WAITPID.call(state, pid, status, 0) < 0) {
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
            return (int) PRLIMIT.call(arena.allocate(STATE), pid, RLIMIT_FSIZE, none, MemorySegment.NULL) == 0;
        }
    }

    /** Makes this process the parent of descendants whose own parent ends, as a process restored by CRIU has. */
    static void becomeSubreaper() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            if ((int) PRCTL.call(state, PR_SET_CHILD_SUBREAPER, 1L) != 0) {
                throw new IllegalStateException("prctl(PR_SET_CHILD_SUBREAPER): " + message(errno(state)));
            }
        }
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    private static String message(int errno) {
        MemorySegment text = (MemorySegment) STRERROR.call(errno);
        return text.reinterpret(256).getString(0);
    }

    /** A function of the C library. It is linked when it is called first, for that takes 20 ms in a JVM that begins. */
    private static final class Function {
        private final String name;
        private final FunctionDescriptor type;
        private final Linker.Option[] options;
        private @Nullable MethodHandle linked;

        Function(String name, FunctionDescriptor type, Linker.Option... options) {
            this.name = name;
            this.type = type;
            this.options = options;
        }

        Object call(Object... arguments) {
            try {
                return linked().invokeWithArguments(arguments);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        private synchronized MethodHandle linked() {
            MethodHandle function = linked;
            if (function == null) {
                function = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, options);
                linked = function;
            }
            return function;
        }
    }
}
