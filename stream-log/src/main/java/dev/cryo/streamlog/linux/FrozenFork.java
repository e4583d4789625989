package dev.cryo.streamlog.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A copy-on-write copy of this process that stands still: its memory is this process's private memory as it was at one
 * moment, read from here while this process writes on. Shared mappings are not frozen.
 *
 * <p>The child only ever runs the C library's {@code sleep}: no Java runs in it, so it needs none of the threads and
 * locks that a fork does not copy. Reading is thread-safe; {@link #close} ends and reaps the child. So does the end of
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
    private static final long LIFE_SECONDS = 3600;
    /** It is left behind where this process is killed at that moment. */
    private static final long REHEARSAL_SECONDS = 5;
    private static final long STACK_BYTES = 64 * 1024;
    private static final MethodHandle CLONE = Linker.nativeLinker()
            .downcallHandle(
                    LibC.symbol("clone"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_LONG),
                    Linker.Option.captureCallState("errno"),
                    Linker.Option.firstVariadicArg(4));
    private static final MethodHandle PROCESS_VM_READV = LibC.bind("process_vm_readv", 6);
    private static final MethodHandle KILL = LibC.bind("kill", 2);
    private static final MethodHandle PTRACE = LibC.bind("ptrace", 4);
    private static final MethodHandle WAITPID = LibC.bind("waitpid", 3);

    private static final Set<FrozenFork> OPEN = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> OPEN.forEach(FrozenFork::end), "cryo-end-forks"));
    }

    private final long pid;

    private FrozenFork(long pid) {
        this.pid = pid;
    }

    /** Forks. Takes about 7 ms for each GiB in huge pages, 60 ms in small ones. */
    public static FrozenFork fork() throws LinuxException {
        return fork(LIFE_SECONDS);
    }

    private static FrozenFork fork(long lifeSeconds) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment top = arena.allocate(STACK_BYTES, 16).asSlice(STACK_BYTES - 64);
            int child = (int) CLONE.invokeExact(LibC.errnoPlace(), LibC.symbol("sleep"), top, SIGCHLD, lifeSeconds);
            if (child < 0) {
                throw new LinuxException("fork", LibC.errno());
            }
            FrozenFork fork = new FrozenFork(child);
            OPEN.add(fork);
            long traced = (long) PTRACE.invokeExact(
                    LibC.errnoPlace(), PTRACE_SEIZE, (long) child, 0L, PTRACE_O_EXITKILL);
            if (traced != 0) {
                LOG.log(System.Logger.Level.DEBUG, "a fork may outlive this process: errno {0}", LibC.errno());
            }
            return fork;
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Forks and ends the fork: the first fork of a JVM takes longer by what it loads and links for it. */
    public static void rehearse() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment some = arena.allocate(ValueLayout.JAVA_LONG); // Before the fork, which has it then.
            try (FrozenFork fork = fork(REHEARSAL_SECONDS)) {
                fork.read(some.address(), some);
            }
        } catch (LinuxException e) {
            LOG.log(System.Logger.Level.WARNING, "no fork can be made: {0}", e.getMessage());
        }
    }

    /** The child's process id. */
    public long pid() {
        return pid;
    }

    /** Fills a native segment with the child's memory from {@code address}. */
    public void read(long address, MemorySegment into) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment vectors = arena.allocate(32, 8);
            long done = 0;
            while (done < into.byteSize()) {
                vectors.set(ValueLayout.JAVA_LONG, 0, into.address() + done);
                vectors.set(ValueLayout.JAVA_LONG, 8, into.byteSize() - done);
                vectors.set(ValueLayout.JAVA_LONG, 16, address + done);
                vectors.set(ValueLayout.JAVA_LONG, 24, into.byteSize() - done);
                long count = (long) PROCESS_VM_READV.invokeExact(
                        LibC.errnoPlace(), pid, vectors.address(), 1L, vectors.address() + 16, 1L, 0L);
                if (count <= 0) {
                    throw new LinuxException(
                            "read frozen memory at 0x" + Long.toHexString(address + done), LibC.errno());
                }
                done += count;
            }
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        if (!end()) {
            throw new IllegalStateException("frozen fork was closed before");
        }
    }

    private boolean end() {
        if (!OPEN.remove(this)) {
            return false;
        }
        try {
            int killed = (int) (long) KILL.invokeExact(LibC.errnoPlace(), pid, SIGKILL);
            int reaped = (int) (long) WAITPID.invokeExact(LibC.errnoPlace(), pid, 0L, 0L);
            assert killed == 0 && reaped == pid : "frozen fork " + pid + " was reaped by somebody else";
            return true;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
