package dev.cryo.lower.nvidia.driver;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Code that the driver calls back, each by a ticket. Thread-safe. */
final class HostCode {
    /** What the driver calls, with a ticket. */
    static final MemorySegment ENTRY = entry();

    private static final Map<Long, Runnable> WAITING = new ConcurrentHashMap<>();
    private static final AtomicLong TICKETS = new AtomicLong();

    private HostCode() {}

    static long add(Runnable code) {
        long ticket = TICKETS.incrementAndGet();
        WAITING.put(ticket, code);
        return ticket;
    }

    static void remove(long ticket) {
        WAITING.remove(ticket);
    }

    /** Called by the driver. What is thrown out of here would end the process without a word. */
    @SuppressWarnings("unused") // Called from native code.
    private static void run(long ticket) {
        Runnable code = WAITING.remove(ticket);
        if (code == null) {
            return; // It was taken back: the context has failed.
        }
        try {
            code.run();
        } catch (RuntimeException | Error e) {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        }
    }

    private static MemorySegment entry() {
        try {
            return Linker.nativeLinker()
                    .upcallStub(
                            MethodHandles.lookup()
                                    .findStatic(HostCode.class, "run", MethodType.methodType(void.class, long.class)),
                            FunctionDescriptor.ofVoid(JAVA_LONG),
                            Arena.global());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
