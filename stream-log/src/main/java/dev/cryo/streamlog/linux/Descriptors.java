package dev.cryo.streamlog.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What is done with file descriptors of any kind. */
final class Descriptors {
    private static final long SYS_PIDFD_OPEN = 434;
    private static final long SYS_PIDFD_GETFD = 438;
    private static final long O_RDONLY_CLOEXEC = 02000000;
    private static final long O_RDWR_CLOEXEC = 02 | O_RDONLY_CLOEXEC;
    /** O_WRONLY | O_DIRECT | O_NOFOLLOW | O_CLOEXEC, as on x86-64. */
    private static final long O_WRONLY_DIRECT = 01 | 040000 | 0400000 | 02000000;
    private static final CFunction SYSCALL = CFunction.of("syscall");
    private static final CFunction IOCTL = CFunction.of("ioctl");
    private static final CFunction OPEN = CFunction.of("open");
    private static final CFunction CLOSE = CFunction.of("close");

    private Descriptors() {}

    /** Opens a file to read and write. */
    static int open(String path, String what) throws LinuxException {
        return open(path, O_RDWR_CLOEXEC, what);
    }

    /** Opens a file to read. */
    static int openToRead(String path, String what) throws LinuxException {
        return open(path, O_RDONLY_CLOEXEC, what);
    }

    /** Opens a file, and no link, to write past the page cache. */
    static int openToWriteDirectly(String path, String what) throws LinuxException {
        return open(path, O_WRONLY_DIRECT, what);
    }

    private static int open(String path, long flags, String what) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            long result = OPEN.call(arena.allocateFrom(path).address(), flags);
            return checked(result, what);
        }
    }

    /** Makes a descriptor of another process one of this process, too. */
    static int takeOver(long pid, int descriptor) throws LinuxException {
        int process = system(SYS_PIDFD_OPEN, pid, 0, 0, "find process " + pid);
        try {
            String what = "take over descriptor " + descriptor + " of process " + pid;
            return system(SYS_PIDFD_GETFD, process, descriptor, 0, what);
        } finally {
            close(process);
        }
    }

    /** A system call that makes a descriptor. */
    static int system(long number, long first, long second, long third, String what) throws LinuxException {
        long result = SYSCALL.call(number, first, second, third);
        return checked(result, what);
    }

    /** An ioctl; the result. */
    static int control(int descriptor, long request, long argument, String what) throws LinuxException {
        return checked(ioctl(descriptor, request, argument), what);
    }

    /** An ioctl; 0 or the error's number. */
    static int tryControl(int descriptor, long request, MemorySegment argument) {
        return (int) ioctl(descriptor, request, argument.address()) < 0 ? LibC.errno() : 0;
    }

    static void close(int descriptor) throws LinuxException {
        long result = CLOSE.call(descriptor);
        int unused = checked(result, "close descriptor " + descriptor);
    }

    private static long ioctl(int descriptor, long request, long argument) {
        return IOCTL.call(descriptor, request, argument);
    }

    /** The C library's functions return ints: only the low half of the register is theirs. */
    static int checked(long result, String what) throws LinuxException {
        if ((int) result < 0) {
            throw new LinuxException(what, LibC.errno());
        }
        return (int) result;
    }
}
