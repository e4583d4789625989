package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.KernelFault;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import sun.misc.Unsafe;

/**
 * Executes a grid: several threads take blocks in order. A block in which all lanes wait for something that another
 * block must do is put aside, and its thread goes on with others, starting new ones too.
 */
public final class GridRun {
    /** Blocks that one thread holds at the same time when all of them wait for others. */
    private static final int MAX_RESIDENT = 4096;

    private final FramePool frames;
    private final LaunchShape shape;
    private final Map<String, Long> variables;
    private final byte[] parameters;
    private long parameterBlock;
    private final BooleanSupplier cancelled;
    private final AtomicLong nextBlock = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicInteger running = new AtomicInteger();
    private volatile boolean stopped;
    private volatile boolean abandoned;

    /**
     * A run that has not begun.
     *
     * @param variables the addresses of the module's variables
     */
    public GridRun(FramePool frames, LaunchShape shape, Map<String, Long> variables, byte[] parameters,
            BooleanSupplier cancelled) {
        this.frames = frames;
        this.shape = shape;
        this.variables = variables;
        this.parameters = parameters;
        this.cancelled = cancelled;
    }

    /**
     * Runs all blocks and returns when they have ended.
     *
     * @param parallelism threads that take part, the calling one among them
     * @return false when it was cancelled
     */
    public boolean run(Executor workers, int parallelism) throws KernelFault {
        int bytes = frames.program().parameterBytes();
        parameterBlock = Raw.UNSAFE.allocateMemory(bytes + 16L);
        try {
            Raw.UNSAFE.copyMemory(parameters, Unsafe.ARRAY_BYTE_BASE_OFFSET, null, parameterBlock, bytes);
            return runBlocks(workers, parallelism);
        } finally {
            Raw.UNSAFE.freeMemory(parameterBlock);
        }
    }

    private boolean runBlocks(Executor workers, int parallelism) throws KernelFault {
        int helpers = (int) Math.min(parallelism, shape.grid().count()) - 1;
        CountDownLatch done = new CountDownLatch(Math.max(helpers, 0));
        for (int i = 0; i < helpers; i++) {
            try {
                workers.execute(() -> help(done));
            } catch (RejectedExecutionException e) {
                // Without this helper the other threads do its part.
                done.countDown();
            }
        }
        work();
        awaitHelpers(done);
        return finish();
    }

    private void help(CountDownLatch done) {
        try {
            if (!stopped) {
                work();
            }
        } finally {
            done.countDown();
        }
    }

    /** Blocks are all taken; what matters is only that nobody is still running one. */
    private void awaitHelpers(CountDownLatch done) {
        while (running.get() > 0) {
            try {
                if (done.await(1, TimeUnit.MILLISECONDS)) {
                    break;
                }
            } catch (InterruptedException e) {
                stopped = true;
                Thread.currentThread().interrupt();
                Thread.onSpinWait();
            }
        }
        stopped = true;
    }

    private boolean finish() throws KernelFault {
        Throwable thrown = failure.get();
        if (thrown instanceof KernelFault fault) {
            throw fault;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        return nextBlock.get() >= shape.grid().count() && !abandoned;
    }

    private boolean stop() {
        return stopped || cancelled.getAsBoolean();
    }

    private void work() {
        running.incrementAndGet();
        Deque<Resident> waiting = new ArrayDeque<>();
        Deque<Resident> idle = new ArrayDeque<>();
        Turns turns = new Turns();
        try {
            while (step(waiting, idle, turns)) {
                if (stop()) {
                    abandoned |= !waiting.isEmpty() || nextBlock.get() < shape.grid().count();
                    return;
                }
            }
        } catch (KernelFault | RuntimeException | Error e) {
            failure.compareAndSet(null, e);
            stopped = true;
        } finally {
            waiting.forEach(resident -> frames.give(resident.frame));
            idle.forEach(resident -> frames.give(resident.frame));
            running.decrementAndGet();
        }
    }

    private record Resident(Frame frame, BlockRunner runner) {
    }

    /** Starts the next block, or goes on with one that waited; false when there is neither. */
    private boolean step(Deque<Resident> waiting, Deque<Resident> idle, Turns turns) throws KernelFault {
        long block = waiting.size() < MAX_RESIDENT && turns.startNew(waiting.size()) ? take() : -1;
        Resident resident;
        if (block >= 0) {
            resident = idle.isEmpty() ? resident() : idle.pop();
            resident.frame.enter(shape.grid().at(block));
        } else if (!waiting.isEmpty()) {
            resident = waiting.removeFirst();
        } else {
            return false;
        }
        switch (resident.runner.run()) {
            case ENDED -> {
                idle.push(resident);
                turns.ended();
            }
            case YIELDED -> {
                waiting.addLast(resident);
                turns.waited();
                Thread.yield();
            }
            case CANCELLED -> abandoned = true;
        }
        return true;
    }

    private long take() {
        long block = nextBlock.get() < shape.grid().count() ? nextBlock.getAndIncrement() : -1;
        return block < shape.grid().count() ? block : -1;
    }

    private Resident resident() {
        Frame frame = frames.take(shape);
        frame.begin(shape, variables, parameterBlock);
        return new Resident(frame, new BlockRunner(frame, this::stop));
    }
}
