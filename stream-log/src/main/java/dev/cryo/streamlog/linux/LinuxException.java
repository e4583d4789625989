package dev.cryo.streamlog.linux;

import java.io.IOException;

/** A system call failed. */
public final class LinuxException extends IOException {
    private static final long serialVersionUID = 1;
    private final int errno;

    LinuxException(String what, int errno) {
        super(what + ": " + describe(errno));
        this.errno = errno;
    }

    /** The error's number. */
    public int errno() {
        return errno;
    }

    private static String describe(int errno) {
        return switch (errno) {
            case 1 -> "operation not permitted";
            case 2 -> "no such file or directory";
            case 3 -> "no such process";
            case 5 -> "input/output error";
            case 9 -> "bad file descriptor";
            case 10 -> "no child process";
            case 11 -> "resource temporarily unavailable";
            case 12 -> "out of memory";
            case 13 -> "permission denied";
            case 14 -> "bad address";
            case 17 -> "the address range is in use";
            case 22 -> "invalid argument";
            case 19 -> "no such device";
            case 24 -> "too many open files";
            case 28 -> "no space left";
            case 30 -> "the file system is read-only";
            case 32 -> "the other side has ended";
            case 36 -> "the name is too long";
            case 38 -> "not in this kernel";
            case 104 -> "the other side has ended";
            case 111 -> "nobody listens there";
            case 122 -> "disk quota exceeded";
            default -> "errno " + errno;
        };
    }
}
