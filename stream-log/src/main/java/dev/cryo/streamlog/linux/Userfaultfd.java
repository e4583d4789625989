package dev.cryo.streamlog.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Page faults of a process as messages: who holds the descriptor is told which page a thread of that process wants and
 * puts it there. Missing pages and writes to protected pages of shared memory are told; the thread waits meanwhile.
 *
 * <p>The process {@linkplain #open opens} it; another process {@linkplain #takeOver takes over} the descriptor,
 * registers ranges of the first one's memory, reads {@link FaultMessages} and answers them. A page fault of a Java
 * thread is no safepoint, so that the faults of a JVM must be served from another process. The ranges stay registered
 * as long as any process holds the descriptor; when the last one closes it, waiting threads go on, and untouched pages
 * are zero.
 *
 * <p>Thread-safe, except {@link #close}. Needs Linux 6.6. Constants: Linux's include/uapi/linux/userfaultfd.h.
 */
public final class Userfaultfd implements AutoCloseable {
    private static final long SYS_USERFAULTFD = 323;
    private static final long O_CLOEXEC_NONBLOCK = 02000000 | 04000;

    private static final long NEW = 0xaa00L;
    private static final long API = 0xc018aa3fL;
    private static final long REGISTER = 0xc020aa00L;
    private static final long UNREGISTER = 0x8010aa01L;
    private static final long WAKE = 0x8010aa02L;
    private static final long COPY = 0xc028aa03L;
    private static final long WRITEPROTECT = 0xc018aa06L;
    private static final long POISON = 0xc020aa08L;

    private static final long API_VERSION = 0xaa;
    private static final long FEATURE_WP = 1;
    private static final long FEATURE_MISSING_SHMEM = 1 << 5;
    private static final long FEATURE_WP_SHMEM = 1 << 12;
    private static final long FEATURE_POISON = 1 << 14;
    private static final long FEATURES = FEATURE_WP | FEATURE_MISSING_SHMEM | FEATURE_WP_SHMEM | FEATURE_POISON;
    private static final long MODE_MISSING_AND_WP = 3;
    private static final int POLLIN = 1;

    private static final int EPERM = 1;
    private static final int ENOENT = 2;
    private static final int ESRCH = 3;
    private static final int EINTR = 4;
    private static final int EAGAIN = 11;
    private static final int ENOMEM = 12;
    private static final int EEXIST = 17;
    private static final int EINVAL = 22;

    private static final CFunction POLL = CFunction.of("poll");

    private final int descriptor;
    private boolean closed;

    /** What ended {@link #copy}. */
    public enum Outcome {
        /** All pages are in place. */
        DONE,
        /** The process has no registered mapping there any more. */
        UNMAPPED,
        /** The next page is there already. */
        OCCUPIED,
        /** The process has ended. */
        GONE
    }

    /** The bytes that {@link #copy} has put in place, and what ended it. */
    public record Copied(long bytes, Outcome outcome) {}

    private Userfaultfd(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Opens one for this process's memory.
     *
     * @throws LinuxException if this process is not permitted to or the kernel is too old, saying what to do
     */
    public static Userfaultfd open() throws LinuxException {
        Userfaultfd opened = new Userfaultfd(newDescriptor());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment api = request(arena, 24, API_VERSION, FEATURES);
            opened.control(API, api, "ask for write-protection and poison of shared pages (Linux 6.6 has them)");
            return opened;
        } catch (LinuxException e) {
            opened.close();
            throw e;
        }
    }

    /** Says why {@link #open} does not work in this process; empty if it does. */
    public static Optional<String> whyNot() {
        try {
            open().close();
            return Optional.empty();
        } catch (LinuxException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Takes over the descriptor that another process has opened; both hold it then.
     *
     * @throws LinuxException if this process may not trace the other one, or there is no such process or descriptor
     */
    public static Userfaultfd takeOver(long pid, int descriptor) throws LinuxException {
        return new Userfaultfd(Descriptors.takeOver(pid, descriptor));
    }

    /** The descriptor's number in this process. */
    public int descriptor() {
        return descriptor;
    }

    /**
     * Registers a mapping of shared memory of the process that opened this: missing pages and protected writes are told
     * from now. Any holder can.
     */
    public void register(long address, long bytes) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, 32, address, bytes, MODE_MISSING_AND_WP);
            control(REGISTER, request, "register " + range(address, bytes) + " for page faults");
        }
    }

    /** Ends a registration, if there is one; threads that wait there go on with what is there. */
    public void unregister(long address, long bytes) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            int errno = Descriptors.tryControl(descriptor, UNREGISTER, request(arena, 16, address, bytes));
            if (errno != 0 && errno != EINVAL && errno != ENOMEM && errno != ESRCH) { // Those: nothing is mapped.
                throw new LinuxException("unregister " + range(address, bytes), errno);
            }
        }
    }

    /** Lets the threads that wait in a range look again, whether or not it is still mapped. */
    public void wake(long address, long bytes) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            control(WAKE, request(arena, 16, address, bytes), "wake " + range(address, bytes));
        }
    }

    /**
     * Puts pages into missing places and wakes who waits for them. Retries what the kernel asks to be retried.
     *
     * @param source this process's address of the contents
     * @param protect whether a write to these pages is to be told
     */
    public Copied copy(long address, long source, long bytes, boolean protect) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(40, 8);
            long done = 0;
            while (done < bytes) {
                request.set(JAVA_LONG, 0, address + done);
                request.set(JAVA_LONG, 8, source + done);
                request.set(JAVA_LONG, 16, bytes - done);
                request.set(JAVA_LONG, 24, protect ? 2 : 0);
                request.set(JAVA_LONG, 32, 0);
                int errno = Descriptors.tryControl(descriptor, COPY, request);
                done += Math.max(0, request.get(JAVA_LONG, 32));
                switch (errno) {
                    case 0, EAGAIN -> {}
                    case ENOENT -> {
                        return new Copied(done, Outcome.UNMAPPED);
                    }
                    case EEXIST -> {
                        return new Copied(done, Outcome.OCCUPIED);
                    }
                    case ESRCH -> {
                        return new Copied(done, Outcome.GONE);
                    }
                    default -> throw new LinuxException("put pages at " + range(address + done, bytes - done), errno);
                }
            }
            return new Copied(done, Outcome.DONE);
        }
    }

    /**
     * Protects pages, so that the next write to each is told, or ends that and wakes who waits to write. Does nothing
     * where the process has no registered mapping any more.
     */
    public void writeProtect(long address, long bytes, boolean protect) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, 24, address, bytes, protect ? 1 : 0);
            int errno;
            do {
                errno = Descriptors.tryControl(descriptor, WRITEPROTECT, request);
            } while (errno == EAGAIN);
            if (errno != 0 && errno != ENOENT && errno != ESRCH) {
                throw new LinuxException("protect " + range(address, bytes), errno);
            }
        }
    }

    /**
     * Makes every access to the missing pages of a range a bus error, also in threads that wait there. Ends at a page
     * that is present.
     */
    public void poison(long address, long bytes) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            long done = 0;
            while (done < bytes) {
                MemorySegment request = request(arena, 32, address + done, bytes - done);
                int errno = Descriptors.tryControl(descriptor, POISON, request);
                done += Math.max(0, request.get(JAVA_LONG, 24));
                switch (errno) {
                    case 0, EAGAIN -> {} // EAGAIN: a part is done, or the mappings are changing.
                    case ENOENT, ESRCH, EEXIST -> {
                        return;
                    }
                    default -> throw new LinuxException("poison " + range(address, bytes), errno);
                }
            }
        }
    }

    /**
     * Waits until there is a message or the bell rings.
     *
     * @param milliseconds how long at most; -1 for ever
     */
    public void await(EventDescriptor bell, int milliseconds) throws LinuxException {
        long ready;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment polled = arena.allocate(16, 8);
            polled.set(JAVA_INT, 0, descriptor);
            polled.set(JAVA_INT, 4, POLLIN);
            polled.set(JAVA_INT, 8, bell.descriptor());
            polled.set(JAVA_INT, 12, POLLIN);
            ready = POLL.call(polled.address(), 2, milliseconds);
        }
        if ((int) ready < 0 && LibC.errno() != EINTR) {
            throw new LinuxException("wait for page faults", LibC.errno());
        }
    }

    /** Gives up this process's hold. The last one to do so ends all registrations. */
    @Override
    public void close() throws LinuxException {
        if (closed) {
            throw new IllegalStateException("userfaultfd was closed before");
        }
        closed = true;
        Descriptors.close(descriptor);
    }

    private static int newDescriptor() throws LinuxException {
        try {
            return Descriptors.system(SYS_USERFAULTFD, O_CLOEXEC_NONBLOCK, 0, 0, "open userfaultfd");
        } catch (LinuxException e) {
            if (e.errno() != EPERM) {
                throw e;
            }
        }
        int device = Descriptors.open(
                "/dev/userfaultfd",
                "open /dev/userfaultfd (be root, or be given that file, or set vm.unprivileged_userfaultfd to 1)");
        try {
            return Descriptors.control(device, NEW, O_CLOEXEC_NONBLOCK, "open userfaultfd by /dev/userfaultfd");
        } finally {
            Descriptors.close(device);
        }
    }

    private void control(long request, MemorySegment argument, String what) throws LinuxException {
        int unused = Descriptors.control(descriptor, request, argument.address(), what);
    }

    private static MemorySegment request(Arena arena, int bytes, long... fields) {
        MemorySegment request = arena.allocate(bytes, 8);
        for (int i = 0; i < fields.length; i++) {
            request.setAtIndex(JAVA_LONG, i, fields[i]);
        }
        return request;
    }

    private static String range(long address, long bytes) {
        return bytes + " bytes at 0x" + Long.toHexString(address);
    }
}
