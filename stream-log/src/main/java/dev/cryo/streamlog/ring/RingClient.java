package dev.cryo.streamlog.ring;

import static dev.cryo.streamlog.ring.RingDescriptor.INT;
import static dev.cryo.streamlog.ring.RingDescriptor.LONG;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CallChannel;
import dev.cryo.streamlog.call.CallDescriptor;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.codec.Encoder;
import dev.cryo.streamlog.linux.Futex;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.SharedMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The application's end of the ring. Thread-safe.
 *
 * <p>A call is logged between the claim of its place in the ring and the moment it can be seen as complete. So when the
 * gate is closed and {@link #awaitQuiet} has returned, the log holds exactly what the lower half has executed.
 */
public final class RingClient implements CallChannel, AutoCloseable {
    private static final long CHECK_NANOS = 100_000_000;

    private final SharedMemory shared;
    private final MemorySegment memory;
    private final Consumer<Call> log;
    private final Staging staging;
    private final SpaceSignal space;
    private final AnswerSlots slots;
    private final ThreadLocal<Encoder> encoders = ThreadLocal.withInitial(Encoder::new);
    /** A head that was seen; the true one may be further. */
    private volatile long knownHead;

    private RingClient(SharedMemory shared, Consumer<Call> log) {
        this.shared = shared;
        this.memory = shared.segment();
        this.log = log;
        this.space = new SpaceSignal(memory, RingDescriptor.SPACE_OFFSET, RingDescriptor.SPACE_WAITERS_OFFSET);
        this.staging =
                new Staging(memory, RingDescriptor.CHUNK_STATES_OFFSET, RingDescriptor.STAGING_OFFSET, space);
        this.slots = new AnswerSlots(memory);
        LONG.setVolatile(memory, RingDescriptor.MAGIC_OFFSET, RingDescriptor.MAGIC);
    }

    /**
     * Creates the shared memory.
     *
     * @param log is given every call that succeeds, in the order of the ring as far as calls depend on each other
     */
    public static RingClient create(Consumer<Call> log) throws LinuxException {
        return new RingClient(SharedMemory.create("cryo-ring", RingDescriptor.TOTAL_BYTES), log);
    }

    /** The shared memory's descriptor in this process, for the proxy to open. */
    public int descriptor() {
        return shared.descriptor();
    }

    /** The shared memory's size. */
    public long bytes() {
        return shared.bytes();
    }

    @Override
    public void queue(Call.Queued call) {
        Encoder encoder = encode(call);
        long record = claim(RingDescriptor.RECORD_CALL + encoder.size());
        if (record < 0) {
            return; // Lost: the fault epoch has changed, and the next look at it says so.
        }
        log.accept(call);
        commit(record, RingDescriptor.NO_SLOT, encoder);
    }

    @Override
    public <R extends Record> R call(Call.Blocking<R> call) throws CallFailedException {
        Encoder encoder = encode(call);
        int slot = slots.take();
        try {
            send(slot, encoder);
            slots.await(slot, this::isLost);
            int error = slots.error(slot);
            if (error != CudaResult.SUCCESS) {
                throw new CallFailedException(error);
            }
            R result = slots.result(slot, answerType(call));
            log.accept(call.answered(result));
            return result;
        } finally {
            slots.giveBack(slot);
        }
    }

    private void send(int slot, Encoder encoder) throws CallFailedException {
        if (encoder.size() <= RingDescriptor.INLINE_LIMIT) {
            long record = claim(RingDescriptor.RECORD_CALL + encoder.size());
            if (record < 0) {
                throw new CallFailedException(CudaResult.DEVICE_UNAVAILABLE);
            }
            slots.calling(slot);
            commit(record, slot, encoder);
            return;
        }
        if (encoder.size() > stagingLimit()) {
            throw new CallFailedException(CudaResult.OUT_OF_MEMORY);
        }
        // The area is given back by the dispatcher when it has decoded the call.
        long offset = reserveStaging(encoder.size());
        MemorySegment.copy(
                encoder.array(), 0, staging.data(), ValueLayout.JAVA_BYTE, offset, encoder.size());
        Encoder indirect = new Encoder();
        indirect.putLong(offset);
        indirect.putInt(encoder.size());
        long record = claim(RingDescriptor.RECORD_CALL + indirect.size());
        if (record < 0) {
            throw new CallFailedException(CudaResult.DEVICE_UNAVAILABLE);
        }
        slots.calling(slot);
        commit(record, slot + RingDescriptor.INDIRECT, indirect);
    }

    @SuppressWarnings("unchecked")
    private static <R extends Record> Class<R> answerType(Call.Blocking<R> call) {
        return (Class<R>) CallDescriptor.of((Class<? extends Call>) call.getClass())
                .answer()
                .orElseThrow();
    }

    private Encoder encode(Call call) {
        Encoder encoder = encoders.get();
        encoder.reset();
        Call.VOCABULARY.encode(call, encoder);
        return encoder;
    }

    /** Claims a record of the ring; waits while the gate is closed or the ring is full. Returns -1 once lost. */
    private long claim(long unaligned) {
        int bytes = RingDescriptor.align((int) unaligned);
        while (true) {
            long tail = (long) LONG.getVolatile(memory, RingDescriptor.TAIL_OFFSET);
            if (tail < 0) {
                awaitGate();
                continue;
            }
            if (isLost()) {
                return -1;
            }
            int toEnd = RingDescriptor.RING_BYTES - (int) (tail & (RingDescriptor.RING_BYTES - 1));
            int padding = bytes > toEnd ? toEnd : 0;
            long next = tail + padding + bytes;
            if (next - knownHead > RingDescriptor.RING_BYTES) {
                awaitSpace(next);
                continue;
            }
            if (LONG.compareAndSet(memory, RingDescriptor.TAIL_OFFSET, tail, next)) {
                if (padding > 0) {
                    publish(RingDescriptor.recordOffset(tail), RingDescriptor.PADDING, padding);
                }
                return RingDescriptor.recordOffset(tail + padding);
            }
            Thread.onSpinWait();
        }
    }

    private void commit(long record, int slot, Encoder encoder) {
        MemorySegment.copy(
                encoder.array(),
                0,
                memory,
                ValueLayout.JAVA_BYTE,
                record + RingDescriptor.RECORD_CALL,
                encoder.size());
        publish(record, slot, RingDescriptor.align((int) RingDescriptor.RECORD_CALL + encoder.size()));
        // The length must be out before the flag is read, or the dispatcher may fall asleep on a full ring.
        VarHandle.fullFence();
        if ((int) INT.get(memory, RingDescriptor.DISPATCHER_ASLEEP_OFFSET) != 0
                && INT.compareAndSet(memory, RingDescriptor.DISPATCHER_ASLEEP_OFFSET, 1, 0)) {
            Futex.wakeAll(memory.address() + RingDescriptor.DISPATCHER_ASLEEP_OFFSET);
        }
    }

    private void publish(long record, int slot, int bytes) {
        INT.set(memory, record + RingDescriptor.RECORD_SLOT, slot);
        INT.setRelease(memory, record + RingDescriptor.RECORD_LENGTH, bytes);
    }

    private void awaitGate() {
        int seen = (int) INT.getVolatile(memory, RingDescriptor.GATE_OFFSET);
        if ((long) LONG.getVolatile(memory, RingDescriptor.TAIL_OFFSET) < 0) {
            Futex.await(memory.address() + RingDescriptor.GATE_OFFSET, seen, CHECK_NANOS);
        }
    }

    private void awaitSpace(long next) {
        knownHead = (long) LONG.getVolatile(memory, RingDescriptor.HEAD_OFFSET);
        if (next - knownHead > RingDescriptor.RING_BYTES) {
            space.await(() -> {
                knownHead = (long) LONG.getVolatile(memory, RingDescriptor.HEAD_OFFSET);
                return next - knownHead <= RingDescriptor.RING_BYTES || isLost();
            });
        }
    }

    // Checkpoint gate

    /** Closes the gate: calls that come now wait until it is opened. */
    public void closeGate() {
        LONG.getAndBitwiseOr(memory, RingDescriptor.TAIL_OFFSET, RingDescriptor.CLOSED);
    }

    /** Opens the gate. */
    public void openGate() {
        LONG.getAndBitwiseAnd(memory, RingDescriptor.TAIL_OFFSET, ~RingDescriptor.CLOSED);
        INT.getAndAdd(memory, RingDescriptor.GATE_OFFSET, 1);
        Futex.wakeAll(memory.address() + RingDescriptor.GATE_OFFSET);
    }

    /**
     * Waits, the gate being closed, until all calls have been started and all blocking ones answered and logged.
     *
     * @return whether that came true in time
     */
    public boolean awaitQuiet(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!isQuiet()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            Thread.sleep(Duration.ofNanos(200_000));
        }
        return true;
    }

    private boolean isQuiet() {
        long tail = (long) LONG.getVolatile(memory, RingDescriptor.TAIL_OFFSET) & ~RingDescriptor.CLOSED;
        // The ring first: a slot is marked before its record is complete, and a record is complete before it is read.
        return (long) LONG.getVolatile(memory, RingDescriptor.HEAD_OFFSET) == tail && slots.allIdle();
    }

    // Loss of the lower half

    /** Ends all waiting: the lower half is gone, callers get {@link CudaResult#DEVICE_UNAVAILABLE} from now on. */
    public void lost() {
        INT.setVolatile(memory, RingDescriptor.LOST_OFFSET, 1);
        INT.getAndAdd(memory, RingDescriptor.FAULT_EPOCH_OFFSET, 1);
        slots.failAll(CudaResult.DEVICE_UNAVAILABLE);
        openGate();
        space.raise();
    }

    private boolean isLost() {
        return (int) INT.getVolatile(memory, RingDescriptor.LOST_OFFSET) != 0;
    }

    @Override
    public int faultEpoch() {
        return (int) INT.getAcquire(memory, RingDescriptor.FAULT_EPOCH_OFFSET);
    }

    // Staging

    @Override
    public long reserveStaging(long bytes) throws CallFailedException {
        long offset = staging.reserve(bytes, this::isLost);
        if (offset < 0) {
            throw new CallFailedException(CudaResult.DEVICE_UNAVAILABLE);
        }
        return offset;
    }

    @Override
    public MemorySegment staging() {
        return staging.data();
    }

    @Override
    public void releaseStaging(long offset, long bytes) {
        staging.release(offset, bytes);
    }

    @Override
    public long stagingLimit() {
        return Staging.limit();
    }

    @Override
    public void close() throws LinuxException {
        shared.close();
    }
}
