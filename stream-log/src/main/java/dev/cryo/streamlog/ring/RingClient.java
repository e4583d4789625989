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
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The application's end of the ring. Thread-safe.
 *
 * <p>A call is logged between the claim of its place in the ring and the moment it can be seen as complete. So when the
 * gate is closed and {@link #awaitQuiet} has returned, the log holds exactly what the lower half has executed.
 *
 * <p>That holds through errors of the virtual machine as well (no memory, no stack left), which may come at any place:
 * a {@link Passage} knows how far its call has come, and what a thread cannot finish is finished by whoever comes or
 * waits next. A queued call that ended by such an error does not take place; of a blocking one that is unknown.
 */
public final class RingClient implements CallChannel, AutoCloseable {
    private static final long CHECK_NANOS = 100_000_000;

    private final SharedMemory shared;
    private final MemorySegment memory;
    private final Consumer<Call> log;
    private final Staging staging;
    private final SpaceSignal space;
    private final AnswerSlots slots;
    private final ThreadLocal<Passage> passages = ThreadLocal.withInitial(Passage::new);
    private final Object leaving = new Object();
    /** The calls that their threads could not take to their end, linked. */
    private volatile @Nullable Passage left;

    /** A head that was seen; the true one may be further. */
    private volatile long knownHead;
    /** The thread that the closed gate lets pass. */
    private volatile @Nullable Thread passing;

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
        Passage passage = begin(call);
        try {
            // Once lost there is no record: the fault epoch has changed, and the next look at it says so.
            if (claim(passage)) {
                log.accept(call);
                passage.logged = true;
                send(passage);
                wakeDispatcher();
            }
        } catch (RuntimeException | Error e) {
            synchronized (leaving) {
                passage.left = true;
                passage.nextLeft = left;
                left = passage;
            }
            if (!passage.logged) {
                throw e;
            }
            // The log has the call, so it takes place: whoever comes next sends it.
        }
    }

    @Override
    public <R extends Record> R call(Call.Blocking<R> call) throws CallFailedException {
        Passage passage = begin(call);
        passage.call = call;
        try {
            int error = ask(passage);
            R result = null;
            if (error == CudaResult.SUCCESS) {
                result = slots.result(passage.slot, answerType(call));
                log.accept(call.answered(result));
                passage.logged = true;
            }
            passage.finished = true;
            settle(passage);
            passage.call = null;
            if (result == null) {
                throw new CallFailedException(error);
            }
            return result;
        } catch (RuntimeException | Error e) {
            synchronized (leaving) {
                passage.left = true;
                passage.nextLeft = left;
                left = passage;
            }
            throw e;
        }
    }

    /**
     * Sends a call through the closed gate, before those that wait there; by one thread at a time.
     *
     * @throws CallFailedException with the code of {@link CudaResult} if the call failed
     */
    public <R extends Record> R callPastGate(Call.Blocking<R> call) throws CallFailedException {
        passing = Thread.currentThread();
        try {
            return call(call);
        } finally {
            passing = null;
        }
    }

    /** Sends a call that waits; returns the error code of its answer. */
    private int ask(Passage passage) {
        if (passage.encoder.size() > stagingLimit()) {
            return CudaResult.OUT_OF_MEMORY;
        }
        slots.take(passage, this::look);
        if (passage.slot == Passage.NONE) {
            return CudaResult.DEVICE_UNAVAILABLE;
        }
        passage.recordSlot = passage.slot;
        if (passage.encoder.size() > RingDescriptor.INLINE_LIMIT && !stage(passage)) {
            return CudaResult.DEVICE_UNAVAILABLE;
        }
        if (!claim(passage)) {
            return CudaResult.DEVICE_UNAVAILABLE;
        }
        slots.calling(passage.slot);
        send(passage);
        wakeDispatcher();
        slots.await(passage.slot, this::look);
        return slots.error(passage.slot);
    }

    /** Lays a call into staging, from where the dispatcher gives the area back when it has decoded the call. */
    private boolean stage(Passage passage) {
        Encoder encoder = passage.encoder;
        int bytes = encoder.size();
        passage.stagingBytes = bytes;
        passage.stagingAt = staging.reserve(bytes, this::look);
        if (passage.stagingAt < 0) {
            return false;
        }
        MemorySegment.copy(encoder.array(), 0, staging.data(), ValueLayout.JAVA_BYTE, passage.stagingAt, bytes);
        encoder.reset();
        encoder.putLong(passage.stagingAt);
        encoder.putInt(bytes);
        passage.recordSlot = passage.slot + RingDescriptor.INDIRECT;
        return true;
    }

    // Calls that an error of the virtual machine stopped. They are linked to those left by plain statements: where the
    // stack is used up no method can be called.

    private Passage begin(Call call) {
        if (left != null) {
            settleLeft();
        }
        Passage passage = passages.get();
        if (passage.left) {
            passage = new Passage();
            passages.set(passage);
        }
        passage.begin();
        Call.VOCABULARY.encode(call, passage.encoder);
        return passage;
    }

    private void settleLeft() {
        synchronized (leaving) {
            Passage before = null;
            for (Passage passage = left; passage != null; passage = passage.nextLeft) {
                if (!settle(passage)) {
                    before = passage;
                } else if (before == null) {
                    left = passage.nextLeft;
                } else {
                    before.nextLeft = passage.nextLeft;
                }
            }
        }
    }

    /** Takes a call to its end: sent if the log has it, else as if it had never been. False if it is not answered. */
    private boolean settle(Passage passage) {
        if (passage.from < passage.to) {
            if (passage.logged) {
                send(passage);
            } else {
                pad(passage);
            }
        }
        if (passage.stagingAt >= 0) {
            staging.release(passage.stagingAt, passage.stagingBytes);
            passage.stagingAt = Passage.NONE;
        }
        if (passage.slot != Passage.NONE) {
            if (passage.sent && !passage.finished) {
                if (!slots.isAnswered(passage.slot)) {
                    return false;
                }
                if (!passage.logged && slots.error(passage.slot) == CudaResult.SUCCESS) {
                    log.accept(answered(passage));
                    passage.logged = true;
                }
                passage.finished = true;
            }
            slots.giveBack(passage.slot);
            passage.slot = Passage.NONE;
        }
        return true;
    }

    @SuppressWarnings("unchecked")
    private Call answered(Passage passage) {
        Call.Blocking<Record> call = (Call.Blocking<Record>) Objects.requireNonNull(passage.call);
        return call.answered(slots.result(passage.slot, answerType(call)));
    }

    /** Looks after what others left, and whether the lower half is lost; waits do so from time to time. */
    private boolean look() {
        if (left != null) {
            settleLeft();
        }
        return isLost();
    }

    @SuppressWarnings("unchecked")
    private static <R extends Record> Class<R> answerType(Call.Blocking<R> call) {
        return (Class<R>) CallDescriptor.of((Class<? extends Call>) call.getClass())
                .answer()
                .orElseThrow();
    }

    /** Claims a record of the ring; waits while the gate is closed or the ring is full. False once lost. */
    private boolean claim(Passage passage) {
        int bytes = RingDescriptor.align((int) RingDescriptor.RECORD_CALL + passage.encoder.size());
        while (true) {
            long tail = (long) LONG.getVolatile(memory, RingDescriptor.TAIL_OFFSET);
            boolean closed = tail < 0;
            if (closed && Thread.currentThread() != passing) {
                awaitGate();
                continue;
            }
            if (isLost()) {
                return false;
            }
            long gate = closed ? RingDescriptor.CLOSED : 0;
            long begin = tail & ~gate;
            int toEnd = RingDescriptor.bytesToEnd(begin);
            int padding = bytes > toEnd ? toEnd : 0;
            long next = begin + padding + bytes;
            if (next - knownHead > RingDescriptor.RING_BYTES) {
                awaitSpace(next);
                continue;
            }
            if (LONG.compareAndSet(memory, RingDescriptor.TAIL_OFFSET, tail, next | gate)) {
                passage.from = begin;
                passage.to = next;
                return true;
            }
            Thread.onSpinWait();
        }
    }

    /** Publishes a claimed record with its call, and the padding before it. */
    private void send(Passage passage) {
        Encoder encoder = passage.encoder;
        int bytes = RingDescriptor.align((int) RingDescriptor.RECORD_CALL + encoder.size());
        int padding = (int) (passage.to - passage.from) - bytes;
        if (padding > 0) {
            publish(RingDescriptor.recordOffset(passage.from), RingDescriptor.PADDING, padding);
            passage.from += padding;
        }
        long record = RingDescriptor.recordOffset(passage.from);
        MemorySegment.copy(
                encoder.array(),
                0,
                memory,
                ValueLayout.JAVA_BYTE,
                record + RingDescriptor.RECORD_CALL,
                encoder.size());
        publish(record, passage.recordSlot, bytes);
        passage.from = passage.to;
        passage.sent = true;
        passage.stagingAt = Passage.NONE;
    }

    /** Publishes a claimed record without its call. */
    private void pad(Passage passage) {
        while (passage.from < passage.to) {
            int bytes = (int) Math.min(passage.to - passage.from, RingDescriptor.bytesToEnd(passage.from));
            publish(RingDescriptor.recordOffset(passage.from), RingDescriptor.PADDING, bytes);
            passage.from += bytes;
        }
    }

    private void wakeDispatcher() {
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
            look();
        }
    }

    private void awaitSpace(long next) {
        knownHead = (long) LONG.getVolatile(memory, RingDescriptor.HEAD_OFFSET);
        if (next - knownHead > RingDescriptor.RING_BYTES) {
            space.await(() -> {
                knownHead = (long) LONG.getVolatile(memory, RingDescriptor.HEAD_OFFSET);
                return next - knownHead <= RingDescriptor.RING_BYTES || look();
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
            look();
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
        long offset = staging.reserve(bytes, this::look);
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
