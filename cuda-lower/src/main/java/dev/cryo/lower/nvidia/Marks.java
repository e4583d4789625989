package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Marks places in streams, with events that are used again. Recording belongs to the thread that executes calls; the
 * rest is thread-safe.
 */
final class Marks {
    private static final int DISABLE_TIMING = 2;

    private final CudaDriver driver;
    private final Current current;
    private final Map<Kind, ConcurrentLinkedDeque<Long>> spare = new ConcurrentHashMap<>();

    Marks(CudaDriver driver, Current current) {
        this.driver = driver;
        this.current = current;
    }

    private record Kind(GpuContext context, int flags) {}

    /** Marks the place behind the work that a stream was given so far. */
    Mark record(GpuStream stream) throws DriverException {
        return record(stream, DISABLE_TIMING);
    }

    /** The same with an event that has flags, {@code CU_EVENT_*}. */
    Mark record(GpuStream stream, int flags) throws DriverException {
        current.dispatch(stream.context);
        Long known = spares(new Kind(stream.context, flags)).poll();
        long event = known != null ? known : driver.createEvent(flags);
        Mark mark = new Mark(stream.context, event, flags);
        try {
            driver.record(event, stream.handle);
        } catch (DriverException e) {
            release(mark);
            throw e;
        }
        return mark;
    }

    /** Gives up a mark. */
    void release(Mark mark) {
        if (mark.release()) {
            spares(new Kind(mark.context, mark.flags)).add(mark.event);
        }
    }

    private ConcurrentLinkedDeque<Long> spares(Kind kind) {
        return spare.computeIfAbsent(kind, any -> new ConcurrentLinkedDeque<>());
    }

    /** Marks all work of contexts that may not have ended yet; faulted contexts have none. */
    List<Mark> ofAll(Collection<GpuContext> contexts) {
        List<Mark> marks = new ArrayList<>();
        for (GpuContext context : contexts) {
            if (context.isFaulted()) {
                continue;
            }
            try {
                addAll(context, marks);
            } catch (DriverException e) {
                context.fault(e.code(), e.getMessage());
            }
        }
        return marks;
    }

    private void addAll(GpuContext context, List<Mark> marks) throws DriverException {
        current.dispatch(context);
        for (GpuStream stream : context.streams) {
            if (!stream.isKnownQuiet(driver)) {
                marks.add(record(stream));
            }
        }
        for (Mark leftover : context.leftovers) {
            marks.add(leftover.hold());
        }
    }

    /** Destroys the spare events of a context; it must be current. */
    void end(GpuContext context) throws DriverException {
        for (Map.Entry<Kind, ConcurrentLinkedDeque<Long>> events : spare.entrySet()) {
            if (events.getKey().context() == context) {
                for (long event : events.getValue()) {
                    driver.destroyEvent(event);
                }
            }
        }
        forget(context);
    }

    /** Forgets the spare events of a context that has ended. */
    void forget(GpuContext context) {
        spare.keySet().removeIf(kind -> kind.context() == context);
    }
}
