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
 *   <li>A fence waits for all work of all contexts, and all later work waits for it: so memory that was freed is used
 *       until then and not after, and no kernel, however wrong its pointers, runs while memory is unmapped.
 *   <li>Memory that becomes available waits for the fences before it, since one may free its addresses, and what comes
 *       after waits for it.
 * </ul>
 */
final class Timeline {
    private final Scheduler scheduler;
    private final Collection<DeviceContext> contexts;
    private final List<@Nullable Work> earlier = new ArrayList<>();
    private @Nullable Work lastFence;

    /** With a live view of the contexts. */
    Timeline(Scheduler scheduler, Collection<DeviceContext> contexts) {
        this.scheduler = scheduler;
        this.contexts = contexts;
    }

    /** Puts an operation at the end of a stream. */
    void enqueue(DeviceStream stream, Work work) {
        collect(stream);
        earlier.add(fence());
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

    /** Runs an operation after all that CUDA orders before a stream's next one; nothing waits for it. */
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

    /** Runs an operation after all work of all contexts and before all that comes. */
    void fence(Work work) {
        for (DeviceContext context : contexts) {
            context.prune();
            collect(context);
        }
        prepare(work);
    }

    /** Runs an operation after the fences so far and before all that comes. */
    void prepare(Work work) {
        earlier.add(fence());
        lastFence = work;
        submit(work);
    }

    /** Whether all has ended that CUDA orders before a stream's next operation. */
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
    }

    private void collect(DeviceContext context) {
        context.streams.forEach(stream -> earlier.add(stream.last()));
    }

    /** The last fence; null if all have ended. */
    private @Nullable Work fence() {
        if (lastFence != null && lastFence.hasEnded()) {
            lastFence = null;
        }
        return lastFence;
    }

    private void submit(Work work) {
        try {
            scheduler.submit(work, earlier);
        } finally {
            earlier.clear();
        }
    }
}
