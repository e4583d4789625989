package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.nvidia.Completions.Urgency;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.LowerHalf;
import java.util.ArrayList;
import java.util.List;

/** Executes the calls about contexts. It belongs to the thread that executes calls; contexts are ended by workers. */
final class ContextCalls {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");
    private static final int CACHE = 0;

    private final CudaDriver driver;
    private final DeviceFacts facts;
    private final GpuObjects objects;
    private final Current current;
    private final GpuMemory memory;
    private final HostMemory host;
    private final Marks marks;
    private final Completions completions;
    private final Workers workers;
    private final ModuleCalls modules;
    private final EventCalls events;
    private final RowCopies rows;
    private final Lanes lanes;
    private final HostTurns turns;

    ContextCalls(
            CudaDriver driver,
            DeviceFacts facts,
            GpuObjects objects,
            Current current,
            GpuMemory memory,
            HostMemory host,
            Marks marks,
            Completions completions,
            Workers workers,
            ModuleCalls modules,
            EventCalls events,
            RowCopies rows,
            Lanes lanes,
            HostTurns turns) {
        this.driver = driver;
        this.facts = facts;
        this.objects = objects;
        this.current = current;
        this.memory = memory;
        this.host = host;
        this.marks = marks;
        this.completions = completions;
        this.workers = workers;
        this.modules = modules;
        this.events = events;
        this.rows = rows;
        this.lanes = lanes;
        this.turns = turns;
    }

    void create(Call.CtxCreate call) throws RefusedException, DriverException {
        facts.requireDevice(call.device());
        objects.requireNoContext(call.context(), call.defaultStream());
        long handle = call.primary()
                ? driver.retainPrimaryContext(call.device())
                : driver.createContext(call.device(), call.flags());
        objects.add(new GpuContext(
                call.context(), call.defaultStream(), call.device(), call.primary(), handle, host::hostOrNull,
                completions::wake));
        host.registerStaging();
    }

    /** Sets a limit; where this device does not have it so, what there is stays. */
    void set(Call.CtxSetLimit call) throws RefusedException, DriverException {
        GpuContext context = objects.context(call.context());
        advise(context, "limit " + call.limit() + " to " + call.value(),
                () -> driver.setLimit(call.limit(), call.value()));
    }

    /** Sets how the caches are used; the other preferences have no effect on devices that cryo supports. */
    void set(Call.CtxSetConfig call) throws RefusedException, DriverException {
        GpuContext context = objects.context(call.context());
        if (call.preference() == CACHE) {
            advise(context, "the use of caches to " + call.value(), () -> driver.setCacheConfig(call.value()));
        }
    }

    private interface Setting {
        void apply() throws DriverException;
    }

    private void advise(GpuContext context, String words, Setting setting) throws DriverException {
        if (context.isFaulted()) {
            return;
        }
        current.dispatch(context);
        try {
            setting.apply();
        } catch (DriverException e) {
            context.met(e);
            LOG.log(System.Logger.Level.WARNING, "{0} does not set {1}: {2}", context, words, e.getMessage());
        }
    }

    /** Waits for the work of a context that is not faulted, ends it on a worker, and answers then. */
    void destroy(Call.CtxDestroy call, LowerHalf.Reply reply) throws RefusedException {
        GpuContext context = objects.context(call.context());
        if (context.isFaulted()) {
            context.abandon();
        }
        List<LowerHalf.Range> ranges = memory.retireAll(context);
        List<Mark> work = marks.ofAll(objects.contextsOf(context.device));
        List<GpuModule> loaded = modules.removeAll(context);
        objects.remove(context).forEach(events::forget);
        completions.afterAll(work, Urgency.NOW, () -> workers.execute("end of " + context, () -> {
            end(context, ranges, loaded);
            return () -> reply.done(Call.Done.DONE);
        }));
    }

    private void end(GpuContext context, List<LowerHalf.Range> ranges, List<GpuModule> loaded) {
        context.awaitUnused();
        loaded.forEach(modules::end);
        modules.take(context).forEach(modules::end); // Those that were being loaded.
        host.removeAll(context);
        List<LowerHalf.Range> all = new ArrayList<>(ranges);
        all.addAll(memory.retireAll(context)); // What modules have claimed that were being loaded.
        if (context.isFaulted()) {
            // Its work may still run, and ends with it.
            destroy(context);
            memory.end(all);
        } else {
            memory.end(all);
            empty(context);
            destroy(context);
        }
        if (objects.contextsOf(context.device).isEmpty()) {
            memory.endIdle(context.device);
        }
        rows.forget(context);
        lanes.forget(context);
        marks.forget(context);
        host.registerStaging();
    }

    /** A primary context stays if somebody else in the process has it too. */
    private void empty(GpuContext context) {
        try {
            current.enter(context);
            for (GpuStream stream : context.streams) {
                stream.destroy(driver);
            }
            rows.end(context);
            lanes.end(context);
            turns.end(context);
            marks.end(context);
        } catch (DriverException e) {
            LOG.log(System.Logger.Level.WARNING, "{0} ends with objects in it: {1}", context, e.getMessage());
        }
    }

    /** Destroys the driver's context; one that will not is left behind. */
    void destroy(GpuContext context) {
        turns.forget(context);
        try {
            if (context.primary) {
                driver.releasePrimaryContext(context.device);
            } else {
                driver.destroyContext(context.handle);
            }
        } catch (DriverException e) {
            LOG.log(System.Logger.Level.WARNING, "{0} is left behind: {1}", context, e.getMessage());
        }
    }
}
