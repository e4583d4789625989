package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.nvidia.Completions.Urgency;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.util.List;

/** Executes the calls about streams and about waiting for them. It belongs to the thread that executes calls. */
final class StreamCalls {
    /** What has ended within this time is told without another thread's help. */
    private static final long SPIN_NANOS = 20_000;

    private static final int NON_BLOCKING = 1;

    private final CudaDriver driver;
    private final GpuObjects objects;
    private final Current current;
    private final Marks marks;
    private final Completions completions;
    private final HostTurns turns;

    StreamCalls(
            CudaDriver driver,
            GpuObjects objects,
            Current current,
            Marks marks,
            Completions completions,
            HostTurns turns) {
        this.driver = driver;
        this.objects = objects;
        this.current = current;
        this.marks = marks;
        this.completions = completions;
        this.turns = turns;
    }

    /** Asks for the end of work; the context is current. */
    @FunctionalInterface
    interface Question {
        boolean hasEnded() throws DriverException;
    }

    void create(Call.StreamCreate call) throws RefusedException, DriverException {
        GpuContext context = objects.context(call.context());
        objects.requireNoStream(call.stream());
        long handle = 0;
        if (!context.isFaulted()) {
            current.dispatch(context);
            handle = driver.createStream(call.flags(), call.priority());
        }
        boolean blocking = (call.flags() & NON_BLOCKING) == 0;
        GpuStream.Kind kind = blocking ? GpuStream.Kind.BLOCKING : GpuStream.Kind.NON_BLOCKING;
        objects.add(new GpuStream(call.stream(), context, kind, handle));
    }

    /** The driver completes its work; its end is kept for those who ask for all work of the context. */
    void destroy(Call.StreamDestroy call) throws RefusedException, DriverException {
        GpuStream stream = objects.stream(call.stream());
        GpuContext context = stream.context;
        if (stream.kind == GpuStream.Kind.LEGACY) {
            throw new RefusedException(CudaResult.INVALID_HANDLE, "the default stream ends with its context");
        }
        objects.remove(stream);
        turns.destroyed(stream);
        if (context.isFaulted()) {
            return; // The context's end is the stream's.
        }
        current.dispatch(context);
        if (!stream.isKnownQuiet(driver)) {
            Mark end = marks.record(stream);
            context.leftovers.add(end.hold());
            completions.after(end, Urgency.SOON, code -> {
                context.leftovers.remove(end);
                marks.release(end);
            });
        }
        stream.destroy(driver);
    }

    void sync(Call.StreamSync call, LowerHalf.Reply reply) throws RefusedException, DriverException {
        GpuStream stream = objects.stream(call.stream());
        GpuContext context = stream.context;
        context.requireHealthy();
        current.dispatch(context);
        if (endsSoon(() -> isQuiet(stream))) {
            answer(context, reply);
        } else {
            completions.tell(marks.record(stream), () -> answer(context, reply));
        }
    }

    void sync(Call.CtxSync call, LowerHalf.Reply reply) throws RefusedException, DriverException {
        GpuContext context = objects.context(call.context());
        context.requireHealthy();
        List<Mark> all = marks.ofAll(List.of(context));
        completions.tellAfterAll(all, () -> answer(context, reply));
    }

    void query(Call.StreamQuery call, LowerHalf.Reply reply) throws RefusedException, DriverException {
        GpuStream stream = objects.stream(call.stream());
        stream.context.requireHealthy();
        current.dispatch(stream.context);
        requireEnded(isQuiet(stream));
        answer(stream.context, reply);
    }

    /** Puts code behind the work of a stream. */
    void follow(long id, Runnable code) {
        GpuStream stream;
        try {
            stream = objects.stream(id);
        } catch (RefusedException e) {
            code.run(); // What it was to follow was refused for the same reason.
            return;
        }
        turns.follow(stream, code);
    }

    /** Whether a stream is quiet, and so are those that the legacy default stream waits for. */
    private boolean isQuiet(GpuStream stream) throws DriverException {
        if (stream.kind == GpuStream.Kind.LEGACY) {
            for (GpuStream other : stream.context.streams) {
                if (other.kind == GpuStream.Kind.BLOCKING && !other.isKnownQuiet(driver)) {
                    return false;
                }
            }
        }
        return stream.isKnownQuiet(driver);
    }

    /** Whether work ends within some microseconds. */
    static boolean endsSoon(Question work) throws DriverException {
        if (work.hasEnded()) {
            return true;
        }
        long end = System.nanoTime() + SPIN_NANOS;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
            if (work.hasEnded()) {
                return true;
            }
        }
        return false;
    }

    static void requireEnded(boolean ended) throws RefusedException {
        if (!ended) {
            throw new RefusedException(CudaResult.NOT_READY, "work is under way");
        }
    }

    /** Answers with the error of a context or with none. */
    static void answer(GpuContext context, LowerHalf.Reply reply) {
        int fault = context.fault();
        if (fault == CudaResult.SUCCESS) {
            reply.done(Call.Done.DONE);
        } else {
            reply.failed(fault);
        }
    }
}
