package dev.cryo.streamlog.ring;

import dev.cryo.streamlog.linux.Futex;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/** Waiting for space, in the ring or in staging, until somebody in either process gives some back. */
final class SpaceSignal {
    private static final long CHECK_NANOS = 50_000_000;

    private final MemorySegment memory;
    private final long space;
    private final long waiters;

    /** Over two ints of a memory. */
    SpaceSignal(MemorySegment memory, long space, long waiters) {
        this.memory = memory;
        this.space = space;
        this.waiters = waiters;
    }

    /** Tells that there is space. */
    void raise() {
        RingDescriptor.INT.getAndAdd(memory, space, 1);
        if ((int) RingDescriptor.INT.getVolatile(memory, waiters) != 0) {
            Futex.wakeAll(memory.address() + space);
        }
    }

    /** Waits until a condition holds; it is looked at when space comes free, and from time to time. */
    void await(BooleanSupplier condition) {
        RingDescriptor.INT.getAndAdd(memory, waiters, 1);
        try {
            while (true) {
                int seen = (int) RingDescriptor.INT.getVolatile(memory, space);
                if (condition.getAsBoolean()) {
                    return;
                }
                Futex.await(memory.address() + space, seen, CHECK_NANOS);
            }
        } finally {
            RingDescriptor.INT.getAndAdd(memory, waiters, -1);
        }
    }
}
