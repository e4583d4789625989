package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.Clock;
import dev.cryo.lower.device.RefusedException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;

/** Executes the calls about streams, events and waiting. It belongs to the thread that executes calls. */
final class StreamCalls {
    private static final int NON_BLOCKING = 1;

    private final DeviceObjects objects;
    private final Timeline timeline;
    private final Clock clock;

    StreamCalls(DeviceObjects objects, Timeline timeline, Clock clock) {
        this.objects = objects;
        this.timeline = timeline;
        this.clock = clock;
    }

    void create(Call.StreamCreate call) throws RefusedException {
        boolean blocking = (call.flags() & NON_BLOCKING) == 0;
        objects.add(new DeviceStream(
                call.stream(),
                objects.context(call.context()),
                blocking ? DeviceStream.Kind.BLOCKING : DeviceStream.Kind.NON_BLOCKING));
    }

    void destroy(Call.StreamDestroy call) throws RefusedException {
        DeviceStream stream = objects.stream(call.stream());
        if (stream.kind == DeviceStream.Kind.LEGACY) {
            throw new RefusedException(CudaResult.INVALID_HANDLE, "the default stream ends with its context");
        }
        objects.remove(stream);
        stream.context.prune();
    }

    void await(Call.StreamWait call) throws RefusedException {
        DeviceStream stream = objects.stream(call.stream());
        DeviceEvent.Mark mark = objects.event(call.event()).mark();
        if (mark != null && !mark.hasEnded()) {
            timeline.enqueue(stream, new Join(stream), mark);
        }
    }

    void record(Call.EventRecord call) throws RefusedException {
        DeviceEvent event = objects.event(call.event());
        DeviceStream stream = objects.stream(call.stream());
        DeviceEvent.Mark mark = new DeviceEvent.Mark(clock);
        event.record(mark);
        timeline.enqueue(stream, mark);
    }

    void follow(long id, Runnable code) {
        DeviceStream stream;
        try {
            stream = objects.stream(id);
        } catch (RefusedException e) {
            code.run(); // What it was to follow was refused for the same reason.
            return;
        }
        timeline.enqueue(stream, new Action(Work.Weight.HEAVY, stream.context, "unified memory", code));
    }

    void create(Call.EventCreate call) throws RefusedException {
        objects.add(new DeviceEvent(call.event(), objects.context(call.context()), call.flags()));
    }

    void destroy(Call.EventDestroy call) throws RefusedException {
        objects.remove(objects.event(call.event()));
    }

    void sync(Call.StreamSync call, LowerHalf.Reply reply) throws RefusedException {
        DeviceStream stream = objects.stream(call.stream());
        timeline.after(stream, answer(stream.context, reply));
    }

    void sync(Call.CtxSync call, LowerHalf.Reply reply) throws RefusedException {
        DeviceContext context = objects.context(call.context());
        timeline.after(context, answer(context, reply));
    }

    void sync(Call.EventSync call, LowerHalf.Reply reply) throws RefusedException {
        DeviceEvent event = objects.event(call.event());
        DeviceEvent.Mark mark = event.mark();
        if (mark == null) {
            answerNow(event.context, reply);
        } else {
            timeline.after(mark, answer(event.context, reply));
        }
    }

    void query(Call.StreamQuery call, LowerHalf.Reply reply) throws RefusedException {
        DeviceStream stream = objects.stream(call.stream());
        stream.context.requireHealthy();
        requireEnded(timeline.isQuiet(stream));
        answerNow(stream.context, reply);
    }

    void query(Call.EventQuery call, LowerHalf.Reply reply) throws RefusedException {
        DeviceEvent event = objects.event(call.event());
        event.context.requireHealthy();
        requireEnded(!event.isPending());
        answerNow(event.context, reply);
    }

    Call.EventElapsed.Result elapsed(Call.EventElapsed call) throws RefusedException {
        DeviceEvent start = objects.event(call.start());
        DeviceEvent end = objects.event(call.end());
        start.context.requireHealthy();
        end.context.requireHealthy();
        DeviceEvent.Mark from = start.timedMark();
        DeviceEvent.Mark to = end.timedMark();
        requireEnded(from.hasEnded() && to.hasEnded());
        return new Call.EventElapsed.Result(to.time() - from.time());
    }

    /** Takes over when events were recorded on an earlier device. */
    void restore(LowerHalf.DeviceState state) {
        clock.set(state.clock());
        for (LowerHalf.DeviceState.RecordedEvent recorded : state.events()) {
            try {
                objects.event(recorded.event()).record(DeviceEvent.Mark.at(recorded.time(), clock));
            } catch (RefusedException e) {
                throw new IllegalArgumentException("the state has the time of an event that was not replayed", e);
            }
        }
    }

    /** The clock and the recorded events, all work having ended. */
    LowerHalf.DeviceState state() {
        return new LowerHalf.DeviceState(
                clock.now(),
                objects.events().stream()
                        .filter(event -> event.mark() != null)
                        .map(DeviceEvent::recorded)
                        .toList());
    }

    private static void requireEnded(boolean ended) throws RefusedException {
        if (!ended) {
            throw new RefusedException(CudaResult.NOT_READY, "work is under way");
        }
    }

    private static Work answer(DeviceContext context, LowerHalf.Reply reply) {
        return new Action(Work.Weight.LIGHT, context, "answer", () -> answerNow(context, reply));
    }

    private static void answerNow(DeviceContext context, LowerHalf.Reply reply) {
        int fault = context.fault();
        if (fault == CudaResult.SUCCESS) {
            reply.done(Call.Done.DONE);
        } else {
            reply.failed(fault);
        }
    }

    /** An operation of a stream that does nothing but wait for another stream's. */
    private static final class Join extends Work {
        private final DeviceStream stream;

        Join(DeviceStream stream) {
            super(Weight.INSTANT);
            this.stream = stream;
        }

        @Override
        void run() {
            // Its dependencies have ended; that was all.
        }

        @Override
        void failed(Throwable cause) {
            throw new IllegalStateException(cause);
        }

        @Override
        String words() {
            return "wait for an event on " + stream;
        }
    }
}
