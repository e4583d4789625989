package dev.cryo.streamlog.linux;

import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Accesses to memory by system calls, each in a thread of its own. A thread that waits for a page in a system call is
 * no obstacle to the garbage collector, so that this JVM can serve its own page faults.
 */
final class Touch {
    /** What an access to a poisoned page gives. */
    static final int EFAULT = 14;

    private static final CFunction PREAD = CFunction.of("pread");
    private static final CFunction PWRITE = CFunction.of("pwrite");

    private Touch() {}

    /** Reads the long at an address, or throws what the system call says. */
    static CompletableFuture<Long> read(long address) {
        return access(PWRITE, address, 0);
    }

    /** Writes a long to an address. */
    static CompletableFuture<Long> write(long address, long value) {
        return access(PREAD, address, value);
    }

    /** A file takes the long from the address, or gives it. */
    private static CompletableFuture<Long> access(CFunction way, long address, long value) {
        CompletableFuture<Long> seen = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("touch").start(() -> {
            try (SharedMemory file = SharedMemory.create("touch", VirtualMemory.PAGE_BYTES)) {
                file.segment().set(ValueLayout.JAVA_LONG, 0, value);
                long moved = way.call(file.descriptor(), address, 8, 0);
                if (moved != 8) {
                    throw new LinuxException("touch 0x" + Long.toHexString(address), LibC.errno());
                }
                seen.complete(file.segment().get(ValueLayout.JAVA_LONG, 0));
            } catch (Throwable e) {
                seen.completeExceptionally(e);
            }
        });
        return seen;
    }

    /** What an access that goes on gives. */
    static long value(CompletableFuture<Long> access) throws Exception {
        return access.get(10, TimeUnit.SECONDS);
    }
}
