package dev.cryo.streamlog.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;

/** What the C library has, and the error number of the calling thread. */
public final class LibC {
    private static final MemoryLayout ERRNO_LAYOUT = Linker.Option.captureStateLayout();

    /** The thread's place for the error number; a system call of a thread never nests in another. */
    private static final ThreadLocal<MemorySegment> ERRNO_PLACE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(ERRNO_LAYOUT));

    private LibC() {}

    /** The address of a function or variable. */
    static MemorySegment symbol(String name) {
        return Linker.nativeLinker().defaultLookup()
                .find(name)
                .orElseThrow(() -> new IllegalStateException("the C library has no " + name));
    }

    /** Whether this C library has a function. */
    static boolean has(String name) {
        return Linker.nativeLinker().defaultLookup().find(name).isPresent();
    }

    /** Where the next call of this thread leaves its error number. */
    static MemorySegment errnoPlace() {
        return ERRNO_PLACE.get();
    }

    /** The error number of this thread's last call of a {@link CFunction}. */
    public static int errno() {
        return ERRNO_PLACE.get().get(JAVA_INT, 0);
    }
}
