package dev.cryo.lower.ptx.device;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides what each operation waits for, as CUDA orders them. It belongs to the thread that executes calls.
 *
 * <ul>
 *   <li>An operation of a stream waits for the one before it in its stream.
 *   <li>One of a legacy default stream waits for the blocking streams of its context too, and theirs wait for it.
 *   <li>A fence of a context waits for all its work, and all its later work waits for the fence: so memory that was
 *       freed is used until then and not after.
 *   <li>Memory that becomes available waits for all fences, since one may free its addresses, and what comes after in
 *       its context waits for it.
 * </ul>
 */
final class Timeline {
    private final Scheduler scheduler;
    private final Collection<DeviceContext> contexts;
    private final List<Work> fences = new ArrayList<>();
    private final List<@Nullable Work> earlier = new ArrayList<>();

    /** With a live view of the contexts. */
    Timeline(Scheduler scheduler, Collection<DeviceContext> contexts) {
        this.scheduler = scheduler;
        this.contexts = contexts;
    }

    /** Puts an operation at the end of a stream. */
    void enqueue(DeviceStream stream, Work work) {
        collect(stream);
        stream.append(work);
        submit(work);
    }

    /** Puts an operation that also waits for another one at the end of a stream. */
    void enqueue(DeviceStream stream, Work work, Work other) {
        earlier.add(other);
        enqueue(stream, work);
    }

    /** Runs an operation that waits for nothing, and nothing for it. */
    void start(Work work) {
        submit(work);
    }

    /** Runs an operation after all that a stream's next operation would wait for; nothing waits for it. */
    void after(DeviceStream stream, Work work) {
        collect(stream);
        submit(work);
    }

    /** Runs an operation after all work of a context; nothing waits for it. */
    void after(DeviceContext context, Work work) {
        collect(context);
        submit(work);
    }

    /** Runs an operation after another one; nothing waits for it. */
    void after(Work other, Work work) {
        earlier.add(other);
        submit(work);
    }

    /** Runs an operation after all work of a context and before all that comes. */
    void fence(DeviceContext context, Work work) {
        context.prune();
        collect(context);
        context.appendFence(work);
        addFence(work);
        submit(work);
    }

    /** Runs an operation after all work of all contexts and before all that comes. */
    void fence(Work work) {
        for (DeviceContext context : contexts) {
            context.prune();
            collect(context);
            context.appendFence(work);
        }
        addFence(work);
        submit(work);
    }

    /** Runs an operation after all fences and before all that comes in a context. */
    void prepare(DeviceContext context, Work work) {
        earlier.addAll(fences);
        earlier.add(context.fence());
        context.appendFence(work);
        submit(work);
    }

    /** Whether an operation at the end of the stream would find all ended that it waits for. */
    boolean isQuiet(DeviceStream stream) {
        collect(stream);
        boolean quiet = earlier.stream().allMatch(work -> work == null || work.hasEnded());
        earlier.clear();
        return quiet;
    }

    private void collect(DeviceStream stream) {
        if (stream.kind == DeviceStream.Kind.LEGACY) {
            for (DeviceStream other : stream.context.streams) {
                if (other.kind != DeviceStream.Kind.NON_BLOCKING) {
                    earlier.add(other.last());
                }
            }
        } else {
            earlier.add(stream.last());
            if (stream.kind == DeviceStream.Kind.BLOCKING) {
                earlier.add(stream.context.legacy.last());
            }
        }
        earlier.add(stream.context.fence());
    }

    private void collect(DeviceContext context) {
        context.streams.forEach(stream -> earlier.add(stream.last()));
        earlier.add(context.fence());
    }

    private void addFence(Work work) {
        fences.removeIf(Work::hasEnded);
        fences.add(work);
    }

    private void submit(Work work) {
        try {
            scheduler.submit(work, earlier);
        } finally {
            earlier.clear();
        }
    }
}
