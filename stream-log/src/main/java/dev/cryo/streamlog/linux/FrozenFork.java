package dev.cryo.streamlog.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A copy-on-write copy of this process that stands still: its memory is this process's private memory as it was at one
 * moment, read from here while this process writes on. Shared mappings are not frozen.
 *
 * <p>The child only ever runs the C library's {@code sleep}: no Java runs in it, so it needs none of the threads and
 * locks that a fork does not copy. Reading is thread-safe; {@link #close} ends the child. So does the end of
 * this process, for the child holds all its descriptors, and who waits for their end would wait on: the kernel ends a
 * child that is traced with the thread that traces it (PTRACE_O_EXITKILL). That thread is the one that forks, and must
 * live as long. Where tracing is not permitted, the child outlives a process that is killed.
 */
public final class FrozenFork implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");
    private static final int SIGCHLD = 17;
    private static final long SIGKILL = 9;
    private static final long PTRACE_SEIZE = 0x4206;
    private static final long PTRACE_O_EXITKILL = 1 << 20;
    /** Longer than an image is written: it is left behind for so long at most where it cannot be traced. */
    private static final long LIFE_SECONDS = 48 * 3600;
    /** It is left behind where this process is killed at that moment. */
    private static final long REHEARSAL_SECONDS = 5;
    private static final int ESRCH = 3;
    private static final int EIO = 5;
    private static final int EFAULT = 14;
    private static final int NONE = -1;
    private static final long STACK_BYTES = 64 * 1024;
    private static final CFunction CLONE = CFunction.of("clone");
    private static final CFunction PREAD = CFunction.of("pread");
    private static final CFunction KILL = CFunction.of("kill");
    private static final CFunction PTRACE = CFunction.of("ptrace");
    private static final CFunction WAITPID = CFunction.of("waitpid");

    private static final Set<FrozenFork> OPEN = ConcurrentHashMap.newKeySet();
    private static final Set<FrozenFork> ENDING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(FrozenFork::endAll, "cryo-end-forks"));
    }

    private final long pid;
    private final CompletableFuture<Void> reaped = new CompletableFuture<>();
    private int memory = NONE;

    private FrozenFork(long lifeSeconds) throws LinuxException {
        pid = cloned(lifeSeconds);
    }

    /**
     * Forks. Takes about 75 ms for each GiB of this process in small pages and less than 1 ms in huge ones; and as long
     * as it takes until the memory of an earlier one that was just closed is given back.
     */
    public static FrozenFork fork() throws LinuxException {
        return fork(LIFE_SECONDS);
    }

    private static FrozenFork fork(long lifeSeconds) throws LinuxException {
        ENDING.forEach(ending -> ending.reaped.join());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment witness = arena.allocateFrom(ValueLayout.JAVA_LONG, ThreadLocalRandom.current().nextLong());
            FrozenFork fork = new FrozenFork(lifeSeconds);
            OPEN.add(fork);
            try {
                fork.trace();
                fork.open(witness, arena.allocate(ValueLayout.JAVA_LONG));
                return fork;
            } catch (LinuxException | RuntimeException | Error e) {
                fork.close();
                throw e;
            }
        }
    }

    private static int cloned(long lifeSeconds) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            long top = arena.allocate(STACK_BYTES, 16).address() + STACK_BYTES - 64;
            int child = (int) CLONE.call(LibC.symbol("sleep").address(), top, SIGCHLD, lifeSeconds);
            if (child < 0) {
                throw new LinuxException("fork", LibC.errno());
            }
            return child;
        }
    }

    private void trace() {
        long traced = PTRACE.call(PTRACE_SEIZE, pid, 0L, PTRACE_O_EXITKILL);
        if (traced != 0) {
            LOG.log(System.Logger.Level.DEBUG, "a fork may outlive this process: errno {0}", LibC.errno());
        }
    }

    /** Opens its memory, and makes sure that it is its: /proc may be that of other numbers of processes. */
    private void open(MemorySegment witness, MemorySegment found) throws LinuxException {
        String what = "open the memory of fork " + pid;
        memory = Descriptors.openToRead("/proc/" + pid + "/mem", what);
        read(witness.address(), found);
        if (found.mismatch(witness) >= 0) {
            throw new LinuxException(what + ", /proc has another process of that number", ESRCH);
        }
    }

    /** Forks and ends the fork: the first fork of a JVM takes longer by what it loads and links for it. */
    public static void rehearse() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment some = arena.allocate(ValueLayout.JAVA_LONG); // Before the fork, which has it then.
            FrozenFork fork = fork(REHEARSAL_SECONDS);
            try (fork) {
                fork.read(some.address(), some);
            }
            fork.reaped.join();
        } catch (LinuxException e) {
            LOG.log(System.Logger.Level.WARNING, "no fork can be made: {0}", e.getMessage());
        }
    }

    /** The child's process id. */
    public long pid() {
        return pid;
    }

    /**
     * Fills a native segment with the child's memory from {@code address}. By its file and not by process_vm_readv(2),
     * which pins pages: for that the kernel first gives the child a copy of each that it shares with this process,
     * until the memory is there twice.
     */
    public void read(long address, MemorySegment into) throws LinuxException {
        long done = 0;
        while (done < into.byteSize()) {
            long count = PREAD.call(memory,
                    into.address() + done,
                    into.byteSize() - done,
                    address + done);
            if (count <= 0) {
                throw unreadable(address + done, count == 0 ? ESRCH : LibC.errno());
            }
            done += count;
        }
    }

    private static LinuxException unreadable(long address, int errno) {
        if (errno == ESRCH) {
            return new LinuxException("read frozen memory, whose process has ended", errno);
        }
        String what = "read frozen memory at 0x" + Long.toHexString(address);
        return new LinuxException(what, errno == EIO ? EFAULT : errno); // So the kernel tells that none is there.
    }

    /**
     * Ends the child, aside: that it gives its memory back takes a while, in which it goes after all others. The next
     * fork waits for that, and nobody else.
     */
    @Override
    public void close() {
        if (!OPEN.remove(this)) {
            throw new IllegalStateException("frozen fork was closed before");
        }
        ENDING.add(this);
        try {
            Thread.ofPlatform().daemon().name("cryo-fork-reaper").start(this::end);
        } catch (OutOfMemoryError e) {
            end(); // There is no room for one more thread.
        }
    }

    private void end() {
        Priority.lower(pid);
        try {
            int killed = (int) KILL.call(pid, SIGKILL);
            assert killed == 0 : "frozen fork " + pid + " was reaped by somebody else";
            if (memory != NONE) {
                Descriptors.close(memory);
            }
            int ended = (int) WAITPID.call(pid, 0, 0);
            assert ended == pid : "frozen fork " + pid + " was reaped by somebody else";
        } catch (LinuxException e) {
            throw new IllegalStateException(e);
        } finally {
            ENDING.remove(this);
            reaped.complete(null);
        }
    }

    private static void endAll() {
        for (FrozenFork fork : OPEN) {
            if (OPEN.remove(fork)) {
                fork.end();
            }
        }
        ENDING.forEach(ending -> ending.reaped.join());
    }
}
