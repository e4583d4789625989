package dev.cryo.streamlog.ring;

import static dev.cryo.streamlog.ring.RingDescriptor.INT;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.codec.Decoder;
import dev.cryo.streamlog.linux.Futex;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** The places where the answers of blocking calls arrive; a caller takes one for the time of its call. Thread-safe. */
final class AnswerSlots {
    private static final long SPIN_NANOS = 15_000;
    private static final long CHECK_NANOS = 200_000_000;
    private static final long RETRY_NANOS = 1_000_000;

    private final MemorySegment memory;
    private final AtomicIntegerArray taken = new AtomicIntegerArray(RingDescriptor.SLOTS);

    AnswerSlots(MemorySegment memory) {
        this.memory = memory;
    }

    /** Takes a slot, waiting while none is free; who waits asks whether the lower half is lost, and then gets none. */
    void take(Passage passage, BooleanSupplier lost) {
        boolean interrupted = false;
        while (!tryTake(passage) && !lost.getAsBoolean()) {
            LockSupport.parkNanos(this, RETRY_NANOS);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean tryTake(Passage passage) {
        int start = (int) (Thread.currentThread().threadId() % RingDescriptor.SLOTS);
        for (int i = 0; i < RingDescriptor.SLOTS; i++) {
            int slot = (start + i) % RingDescriptor.SLOTS;
            if (taken.get(slot) == 0 && taken.compareAndSet(slot, 0, 1)) {
                passage.slot = slot;
                return true;
            }
        }
        return false;
    }

    /** Marks a slot as under way, before its record can be seen. */
    void calling(int slot) {
        INT.setRelease(memory, state(slot), RingDescriptor.SLOT_CALLING);
    }

    void giveBack(int slot) {
        INT.setRelease(memory, state(slot), RingDescriptor.SLOT_IDLE);
        taken.set(slot, 0);
    }

    /** Waits for the answer, or for the loss of who would give it. */
    void await(int slot, BooleanSupplier lost) {
        long start = System.nanoTime();
        while (!isAnswered(slot)) {
            if (System.nanoTime() - start < SPIN_NANOS) {
                Thread.onSpinWait();
            } else if (lost.getAsBoolean()) {
                fail(slot, CudaResult.DEVICE_UNAVAILABLE);
            } else {
                INT.compareAndSet(
                        memory, state(slot), RingDescriptor.SLOT_CALLING, RingDescriptor.SLOT_ASLEEP);
                Futex.await(memory.address() + state(slot), RingDescriptor.SLOT_ASLEEP, CHECK_NANOS);
            }
        }
    }

    boolean isAnswered(int slot) {
        return (int) INT.getAcquire(memory, state(slot)) == RingDescriptor.SLOT_ANSWERED;
    }

    int error(int slot) {
        return (int) INT.get(memory, RingDescriptor.slotOffset(slot) + RingDescriptor.SLOT_ERROR);
    }

    <R extends Record> R result(int slot, Class<R> type) {
        int length = (int) INT.get(memory, RingDescriptor.slotOffset(slot) + RingDescriptor.SLOT_LENGTH);
        return new Decoder(memory.asSlice(RingDescriptor.slotOffset(slot) + RingDescriptor.SLOT_RESULT, length))
                .getRecord(type);
    }

    boolean allIdle() {
        for (int slot = 0; slot < RingDescriptor.SLOTS; slot++) {
            if ((int) INT.getAcquire(memory, state(slot)) != RingDescriptor.SLOT_IDLE) {
                return false;
            }
        }
        return true;
    }

    void failAll(int error) {
        for (int slot = 0; slot < RingDescriptor.SLOTS; slot++) {
            fail(slot, error);
        }
    }

    private void fail(int slot, int error) {
        int state = (int) INT.getAcquire(memory, state(slot));
        if (state == RingDescriptor.SLOT_CALLING || state == RingDescriptor.SLOT_ASLEEP) {
            INT.set(memory, RingDescriptor.slotOffset(slot) + RingDescriptor.SLOT_ERROR, error);
            INT.setVolatile(memory, state(slot), RingDescriptor.SLOT_ANSWERED);
            Futex.wakeAll(memory.address() + state(slot));
        }
    }

    private static long state(int slot) {
        return RingDescriptor.slotOffset(slot) + RingDescriptor.SLOT_STATE;
    }
}
