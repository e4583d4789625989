package dev.cryo.upper.gate;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CallChannel;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The channel to a lower half in the same process: the calling thread executes. Its staging memory is ordinary memory
 * of the process. Thread-safe.
 */
public final class DirectChannel implements CallChannel, CheckpointGate, LowerHalf.HostSide {
    private static final long STAGING_BYTES = 64L << 20;
    private static final long CHECK_NANOS = 100_000_000;

    private final Consumer<Call> log;
    private final StagingPool pool = new StagingPool(Arena.global().allocate(STAGING_BYTES, 4096));
    private final AtomicInteger epoch = new AtomicInteger();
    private final AtomicInteger blocking = new AtomicInteger();
    private final ReentrantLock order = new ReentrantLock();
    private final Condition opened = order.newCondition();
    private boolean closed;
    private volatile @Nullable LowerHalf lowerHalf;
    private volatile boolean lost;

    /**
     * A channel without a lower half yet.
     *
     * @param log is given every call that succeeds
     */
    public DirectChannel(Consumer<Call> log) {
        this.log = log;
    }

    /** Sets the lower half that executes calls. */
    public void connect(LowerHalf to) {
        lowerHalf = to;
    }

    @Override
    public void queue(Call.Queued call) {
        order.lock();
        try {
            LowerHalf executor = pass();
            if (executor != null) {
                log.accept(call);
                executor.execute(call, Unawaited.INSTANCE);
            }
        } finally {
            order.unlock();
        }
    }

    @Override
    public <R extends Record> R call(Call.Blocking<R> call) throws CallFailedException {
        Answer answer = new Answer();
        order.lock();
        try {
            LowerHalf executor = pass();
            if (executor == null) {
                throw new CallFailedException(CudaResult.DEVICE_UNAVAILABLE);
            }
            blocking.incrementAndGet();
            try {
                executor.execute(call, answer);
            } catch (RuntimeException | Error e) {
                blocking.decrementAndGet();
                throw e;
            }
        } finally {
            order.unlock();
        }
        try {
            @SuppressWarnings("unchecked")
            R result = (R) answer.await(() -> lost);
            log.accept(call.answered(result));
            return result;
        } finally {
            blocking.decrementAndGet();
        }
    }

    /** Waits for the gate; null once the lower half is lost. */
    private @Nullable LowerHalf pass() {
        while (closed && !lost) {
            opened.awaitUninterruptibly();
        }
        return lost ? null : lowerHalf;
    }

    @Override
    public void close() {
        order.lock();
        closed = true;
        order.unlock();
    }

    @Override
    public void open() {
        order.lock();
        closed = false;
        opened.signalAll();
        order.unlock();
    }

    @Override
    public boolean awaitQuiet(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (blocking.get() != 0) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            TimeUnit.MICROSECONDS.sleep(200);
        }
        return true;
    }

    @Override
    public void lost() {
        lost = true;
        epoch.incrementAndGet();
        pool.abandon();
        open();
    }

    @Override
    public int faultEpoch() {
        return epoch.get();
    }

    @Override
    public void faulted() {
        epoch.incrementAndGet();
    }

    // Memory

    @Override
    public long reserveStaging(long bytes) throws CallFailedException {
        long offset = pool.reserve(bytes);
        if (offset < 0) {
            throw new CallFailedException(CudaResult.DEVICE_UNAVAILABLE);
        }
        return offset;
    }

    @Override
    public MemorySegment staging() {
        return pool.memory();
    }

    @Override
    public void releaseStaging(long offset, long bytes) {
        pool.release(offset, bytes);
    }

    @Override
    public long stagingLimit() {
        return pool.limit();
    }

    @Override
    public void mapHost(long address, long bytes, int descriptor) {
        // It is mapped: the upper half did.
    }

    @Override
    public void unmapHost(long address, long bytes) {
        // The upper half will.
    }

    /** The outcome of a call that nobody waits for: its context tells of a failure later. */
    private enum Unawaited implements LowerHalf.Reply {
        INSTANCE;

        @Override
        public void done(Record result) {
            // Nobody asked.
        }

        @Override
        public void failed(int code) {
            // The context is faulted, and the lower half has told so.
        }
    }

    /** The outcome of a call that its thread waits for. */
    private static final class Answer implements LowerHalf.Reply {
        private final Thread waiter = Thread.currentThread();
        private @Nullable Record result;
        private int code;
        private volatile boolean told;

        @Override
        public void done(Record answer) {
            result = answer;
            tell();
        }

        @Override
        public void failed(int failure) {
            code = failure;
            tell();
        }

        private void tell() {
            told = true;
            LockSupport.unpark(waiter);
        }

        /** Waits for the outcome, or for the loss of who would tell it. */
        Record await(BooleanSupplier lost) throws CallFailedException {
            boolean interrupted = false;
            while (!told && !lost.getAsBoolean()) {
                LockSupport.parkNanos(this, CHECK_NANOS);
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                waiter.interrupt();
            }
            if (!told) {
                throw new CallFailedException(CudaResult.DEVICE_UNAVAILABLE);
            }
            if (result == null) {
                throw new CallFailedException(code);
            }
            return result;
        }
    }
}
