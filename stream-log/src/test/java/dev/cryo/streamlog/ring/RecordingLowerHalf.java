package dev.cryo.streamlog.ring;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A lower half that remembers what it was told to execute and answers as told. */
final class RecordingLowerHalf implements LowerHalf {
    private final List<Call> executed = new ArrayList<>();
    private final List<Runnable> held = new ArrayList<>();
    private final ScheduledThreadPoolExecutor later = new ScheduledThreadPoolExecutor(2);
    private @Nullable Random delays;
    private boolean holding;
    private int error = CudaResult.SUCCESS;

    synchronized List<Call> executed() {
        return List.copyOf(executed);
    }

    synchronized void awaitExecuted(int count) throws InterruptedException {
        while (executed.size() < count) {
            wait();
        }
    }

    synchronized void answerLater(Random random) {
        delays = random;
    }

    synchronized void holdAnswers() {
        holding = true;
    }

    synchronized void releaseAnswers() {
        holding = false;
        held.forEach(Runnable::run);
        held.clear();
    }

    synchronized void failWith(int code) {
        error = code;
    }

    @Override
    public synchronized void execute(Call call, Reply reply) {
        executed.add(call);
        notifyAll();
        if (error != CudaResult.SUCCESS) {
            reply.failed(error);
            return;
        }
        Record result = switch (call) {
            case Call.EventElapsed elapsed -> new Call.EventElapsed.Result(elapsed.end());
            case Call.ModuleLoad load -> new Call.ModuleLoad.Result(load.globalsAt(), 0, "");
            default -> Call.Done.DONE;
        };
        if (holding && call instanceof Call.Blocking<?>) {
            held.add(() -> reply.done(result));
        } else if (delays != null) {
            later.schedule(() -> reply.done(result), delays.nextInt(300), TimeUnit.MICROSECONDS);
        } else {
            reply.done(result);
        }
    }

    @Override
    public void attach(HostSide host) {
        // The ring alone is under test.
    }

    @Override
    public void detach() {
        // The ring alone is under test.
    }

    @Override
    public synchronized String drain(Duration timeout) {
        return held.isEmpty() ? "" : held.size() + " calls";
    }

    @Override
    public Capture capture() {
        throw new UnsupportedOperationException("a recording has no contents");
    }

    @Override
    public void write(long address, MemorySegment contents) {
        throw new UnsupportedOperationException("a recording has no contents");
    }

    @Override
    public void restore(DeviceState state) {
        throw new UnsupportedOperationException("a recording has no contents");
    }

    @Override
    public void close() {
        later.shutdownNow();
    }
}
