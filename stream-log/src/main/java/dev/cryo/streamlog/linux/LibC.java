package dev.cryo.streamlog.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/** Binds functions of the C library, all arguments as longs, with the error number of the calling thread. */
final class LibC {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final MemoryLayout ERRNO_LAYOUT = Linker.Option.captureStateLayout();

    /** The thread's place for the error number; a system call of a thread never nests in another. */
    private static final ThreadLocal<MemorySegment> ERRNO_PLACE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(ERRNO_LAYOUT));

    private LibC() {}

    /** The address of a function or variable. */
    static MemorySegment symbol(String name) {
        return LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new IllegalStateException("the C library has no " + name));
    }

    /** Whether this C library has a function. */
    static boolean has(String name) {
        return LINKER.defaultLookup().find(name).isPresent();
    }

    /**
     * A function of {@code arguments} longs that returns a long and sets errno; its first argument is errno's place.
     */
    static MethodHandle bind(String name, int arguments) {
        return LINKER.downcallHandle(symbol(name), descriptor(arguments), ERRNO);
    }

    /** The {@code syscall} function with a number and {@code arguments} longs. */
    static MethodHandle bindSyscall(int arguments) {
        return LINKER.downcallHandle(
                symbol("syscall"), descriptor(arguments + 1), ERRNO, Linker.Option.firstVariadicArg(1));
    }

    /** Where the next call of this thread leaves its error number. */
    static MemorySegment errnoPlace() {
        return ERRNO_PLACE.get();
    }

    /** The error number of this thread's last call. */
    static int errno() {
        return ERRNO_PLACE.get().get(JAVA_INT, 0);
    }

    private static FunctionDescriptor descriptor(int arguments) {
        MemoryLayout[] layouts = new MemoryLayout[arguments];
        Arrays.fill(layouts, JAVA_LONG);
        return FunctionDescriptor.of(JAVA_LONG, layouts);
    }
}
