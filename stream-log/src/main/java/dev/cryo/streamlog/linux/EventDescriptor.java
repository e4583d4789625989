package dev.cryo.streamlog.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A bell that ends a wait on descriptors (Linux's eventfd). Thread-safe; ringing a closed one does nothing. */
public final class EventDescriptor implements AutoCloseable {
    private static final long CLOEXEC_NONBLOCK = 02000000 | 04000;
    private static final int EAGAIN = 11;
    private static final CFunction EVENTFD = CFunction.of("eventfd");
    private static final CFunction EVENTFD_WRITE = CFunction.of("eventfd_write");
    private static final CFunction EVENTFD_READ = CFunction.of("eventfd_read");

    private final int descriptor;
    private boolean closed;

    private EventDescriptor(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Makes a silent one. */
    public static EventDescriptor open() throws LinuxException {
        return new EventDescriptor(Descriptors.checked(EVENTFD.call(0, CLOEXEC_NONBLOCK), "open an event descriptor"));
    }

    int descriptor() {
        return descriptor;
    }

    /** Rings until {@link #silence}. */
    public synchronized void ring() throws LinuxException {
        if (!closed) {
            int unused = Descriptors.checked(EVENTFD_WRITE.call(descriptor, 1), "ring an event descriptor");
        }
    }

    /** Stops the ringing. */
    public synchronized void silence() throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(8, 8);
            long result = EVENTFD_READ.call(descriptor, count.address());
            int unused = Descriptors.checked(result, "silence an event descriptor");
        } catch (LinuxException e) {
            if (e.errno() != EAGAIN) { // EAGAIN: it was silent.
                throw e;
            }
        }
    }

    @Override
    public synchronized void close() throws LinuxException {
        if (closed) {
            throw new IllegalStateException("event descriptor was closed before");
        }
        closed = true;
        Descriptors.close(descriptor);
    }
}
