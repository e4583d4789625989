package dev.cryo.proxy.doctor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** userfaultfd, which unified memory is kept in step by: linux/userfaultfd.h. */
final class UserfaultfdProbe implements Probe {
    private static final String NAME = "userfaultfd";
    private static final long SYSCALL = 323;
    private static final int O_CLOEXEC = 02000000;
    private static final int EPERM = 1;
    private static final int ENOSYS = 38;

    /** struct uffdio_api: api (0xaa), features, ioctls; all u64. */
    private static final long UFFDIO_API = 0xc018aa3fL;

    private static final long API = 0xaa;
    private static final long FEATURE_WP_ASYNC = 1 << 15;

    private final Linker linker = Linker.nativeLinker();

    @Override
    public Finding examine() {
        if (!System.getProperty("os.arch").equals("amd64")) {
            return Finding.fails(NAME, "is only used on amd64", "run on an amd64 machine");
        }
        StructLayout stateLayout = Linker.Option.captureStateLayout();
        MethodHandle syscall = function("syscall", 2, FunctionDescriptor.of(ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(stateLayout);
            long descriptor = (long) syscall.invokeExact(state, SYSCALL, (long) O_CLOEXEC);
            int errno = (int) stateLayout.varHandle(MemoryLayout.PathElement.groupElement("errno")).get(state, 0L);
            return descriptor < 0 ? refused(errno) : accepted(arena, state, (int) descriptor);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private Finding accepted(Arena arena, MemorySegment state, int descriptor) throws Throwable {
        MethodHandle ioctl = function("ioctl", 2, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
        MethodHandle close = function("close", 1, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        MemorySegment api = arena.allocate(24, 8);
        api.set(ValueLayout.JAVA_LONG, 0, API);
        int result = (int) ioctl.invokeExact(state, descriptor, UFFDIO_API, api);
        long features = api.get(ValueLayout.JAVA_LONG, 8);
        int closed = (int) close.invokeExact(state, descriptor);
        if (result != 0 || closed != 0) {
            return Finding.fails(NAME, "the kernel opens one but refuses its protocol", "use Linux 6.7 or newer");
        }
        String detail = "features 0x" + Long.toHexString(features);
        return (features & FEATURE_WP_ASYNC) != 0
                ? Finding.works(NAME, detail)
                : Finding.fails(NAME, detail + " lack asynchronous write protection", "use Linux 6.7 or newer");
    }

    private static Finding refused(int errno) {
        return switch (errno) {
            case EPERM -> Finding.fails(NAME, "only root may open one here",
                    "run as root, or `sysctl vm.unprivileged_userfaultfd=1`");
            case ENOSYS -> Finding.fails(NAME, "this kernel is built without it (CONFIG_USERFAULTFD)",
                    "use a kernel with it, as those of Debian and Ubuntu are");
            default -> Finding.fails(NAME, "the kernel refuses one with errno " + errno,
                    "look at the limits of this container (seccomp)");
        };
    }

    private MethodHandle function(String name, int fixed, FunctionDescriptor type) {
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type,
                Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(fixed));
    }
}
