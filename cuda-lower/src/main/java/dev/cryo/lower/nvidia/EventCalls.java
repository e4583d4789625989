package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.LowerHalf;
import org.jspecify.annotations.Nullable;

/** Executes the calls about events. It belongs to the thread that executes calls. */
final class EventCalls {
    private final CudaDriver driver;
    private final GpuObjects objects;
    private final Current current;
    private final Marks marks;
    private final Completions completions;
    private final EventTimes times;

    EventCalls(
            CudaDriver driver,
            GpuObjects objects,
            Current current,
            Marks marks,
            Completions completions,
            EventTimes times) {
        this.driver = driver;
        this.objects = objects;
        this.current = current;
        this.marks = marks;
        this.completions = completions;
        this.times = times;
    }

    void create(Call.EventCreate call) throws RefusedException {
        objects.add(new GpuEvent(call.event(), objects.context(call.context()), call.flags()));
    }

    void destroy(Call.EventDestroy call) throws RefusedException {
        GpuEvent event = objects.event(call.event());
        objects.remove(event);
        forget(event);
    }

    /** Gives up what an event holds that is no longer in the table. */
    void forget(GpuEvent event) {
        release(event.mark());
    }

    /** With an event of the driver that nobody waits for: those who wait go on waiting for what they do. */
    void record(Call.EventRecord call) throws RefusedException, DriverException {
        GpuEvent event = objects.event(call.event());
        GpuStream stream = objects.stream(call.stream());
        if (stream.context.isFaulted()) {
            return;
        }
        stream.use();
        release(event.record(marks.record(stream, event.flags)));
    }

    private void release(@Nullable Mark mark) {
        if (mark != null) {
            marks.release(mark);
        }
    }

    void await(Call.StreamWait call) throws RefusedException, DriverException {
        GpuStream stream = objects.stream(call.stream());
        Mark mark = objects.event(call.event()).mark();
        if (mark != null && !mark.isKnownEnded() && !stream.context.isFaulted()) {
            current.dispatch(stream.context);
            stream.use();
            driver.await(stream.handle, mark.event);
        }
    }

    void sync(Call.EventSync call, LowerHalf.Reply reply) throws RefusedException, DriverException {
        GpuEvent event = objects.event(call.event());
        event.context.requireHealthy();
        Mark mark = event.mark();
        if (mark == null || StreamCalls.endsSoon(() -> hasEnded(mark))) {
            StreamCalls.answer(event.context, reply);
        } else {
            completions.tell(mark.hold(), () -> StreamCalls.answer(event.context, reply));
        }
    }

    void query(Call.EventQuery call, LowerHalf.Reply reply) throws RefusedException, DriverException {
        GpuEvent event = objects.event(call.event());
        event.context.requireHealthy();
        Mark mark = event.mark();
        StreamCalls.requireEnded(mark == null || hasEnded(mark));
        StreamCalls.answer(event.context, reply);
    }

    Call.EventElapsed.Result elapsed(Call.EventElapsed call) throws RefusedException, DriverException {
        GpuEvent start = objects.event(call.start());
        GpuEvent end = objects.event(call.end());
        start.context.requireHealthy();
        end.context.requireHealthy();
        start.requireTimed();
        end.requireTimed();
        Mark from = start.mark();
        Mark to = end.mark();
        StreamCalls.requireEnded((from == null || hasEnded(from)) && (to == null || hasEnded(to)));
        long nanos = from != null && to != null ? times.between(from, to) : time(end) - time(start);
        return new Call.EventElapsed.Result(nanos);
    }

    private long time(GpuEvent event) throws DriverException {
        Mark mark = event.mark();
        return mark == null ? event.restoredTime() : times.of(mark);
    }

    /** Takes over when events were recorded on an earlier device. */
    void restore(LowerHalf.DeviceState state) {
        times.restore(state.clock());
        for (LowerHalf.DeviceState.RecordedEvent recorded : state.events()) {
            try {
                objects.event(recorded.event()).restore(recorded.time());
            } catch (RefusedException e) {
                throw new IllegalArgumentException("the state has the time of an event that was not replayed", e);
            }
        }
    }

    /** The clock and the recorded events, all work having ended. */
    LowerHalf.DeviceState state() throws DriverException {
        return times.state(objects.events());
    }

    private boolean hasEnded(Mark mark) throws DriverException {
        if (mark.isKnownEnded()) {
            return true;
        }
        current.dispatch(mark.context);
        return mark.hasEnded(driver);
    }
}
