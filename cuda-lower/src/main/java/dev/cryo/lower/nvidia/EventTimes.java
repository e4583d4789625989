package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.Clock;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.LowerHalf.DeviceState;
import dev.cryo.streamlog.call.LowerHalf.DeviceState.RecordedEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * When events were recorded, on a clock that goes on over restarts. It belongs to the thread that executes calls.
 *
 * <p>The driver tells times between events only, as a number of milliseconds with 24 bits: precise for short times. So
 * an event is recorded now, and the time of one that lies far back is the sum of the times between neighbours.
 */
final class EventTimes {
    private static final double NANOS_PER_MILLI = 1e6;

    private final CudaDriver driver;
    private final Current current;
    private final Lanes lanes;
    private final Clock clock;

    EventTimes(CudaDriver driver, Current current, Lanes lanes, Clock clock) {
        this.driver = driver;
        this.current = current;
        this.lanes = lanes;
        this.clock = clock;
    }

    /** The time from one mark to another of the same context, in nanoseconds; both have ended. */
    long between(Mark from, Mark to) throws DriverException {
        current.dispatch(from.context);
        return between(from.event, to.event);
    }

    private long between(long from, long to) throws DriverException {
        return Math.round(driver.elapsedMillis(from, to) * NANOS_PER_MILLI);
    }

    /** When a timed mark, which has ended, was passed. */
    long of(Mark mark) throws DriverException {
        Now now = now(mark.context);
        try {
            current.dispatch(mark.context);
            return now.time - between(mark.event, now.event);
        } finally {
            driver.destroyEvent(now.event);
        }
    }

    /** An event of the driver that has just been recorded. */
    private record Now(long event, long time) {}

    private Now now(GpuContext context) throws DriverException {
        Lane lane = lanes.lend(context);
        try {
            current.dispatch(context);
            long event = driver.createEvent(0);
            lane.record(event);
            lane.await();
            return new Now(event, clock.now());
        } finally {
            lanes.giveBack(lane);
        }
    }

    /** Lets the clock go on from a time. */
    void restore(long now) {
        clock.set(now);
    }

    /** The clock and the times of all recorded events, all work having ended. */
    DeviceState state(Iterable<GpuEvent> events) throws DriverException {
        List<RecordedEvent> times = of(events);
        return new DeviceState(clock.now(), times);
    }

    private List<RecordedEvent> of(Iterable<GpuEvent> events) throws DriverException {
        List<RecordedEvent> times = new ArrayList<>();
        Map<GpuContext, List<GpuEvent>> live = new HashMap<>();
        for (GpuEvent event : events) {
            Mark mark = event.mark();
            if (event.isTimed() && mark != null) {
                live.computeIfAbsent(mark.context, any -> new ArrayList<>()).add(event);
            } else if (event.isRecorded()) {
                times.add(new RecordedEvent(event.id, event.restoredTime()));
            }
        }
        for (Map.Entry<GpuContext, List<GpuEvent>> each : live.entrySet()) {
            add(each.getKey(), each.getValue(), times);
        }
        return times;
    }

    private record Coarse(GpuEvent event, long handle, float age) {}

    private void add(GpuContext context, List<GpuEvent> events, List<RecordedEvent> times) throws DriverException {
        Now now = now(context);
        try {
            current.dispatch(context);
            List<Coarse> ages = new ArrayList<>();
            for (GpuEvent event : events) {
                Mark mark = event.mark();
                if (mark != null) {
                    ages.add(new Coarse(event, mark.event, driver.elapsedMillis(mark.event, now.event)));
                }
            }
            ages.sort(Comparator.comparingDouble(Coarse::age));
            long time = now.time;
            long later = now.event;
            for (Coarse next : ages) {
                time -= between(next.handle, later);
                later = next.handle;
                times.add(new RecordedEvent(next.event.id, time));
            }
        } finally {
            driver.destroyEvent(now.event);
        }
    }
}
