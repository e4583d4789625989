package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.nvidia.Completions.Urgency;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.LowerHalf;
import java.util.List;

/**
 * Executes the calls that make and end memory. It belongs to the thread that executes calls.
 *
 * <p>The driver's memory is not bound to streams: memory ends when all work has ended that any stream of the device was
 * given before, by another thread, for the driver may wait for the device then.
 */
final class MemoryCalls {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");

    private final CudaDriver driver;
    private final GpuObjects objects;
    private final Current current;
    private final GpuMemory memory;
    private final HostMemory host;
    private final Marks marks;
    private final Completions completions;
    private final Workers workers;

    MemoryCalls(
            CudaDriver driver,
            GpuObjects objects,
            Current current,
            GpuMemory memory,
            HostMemory host,
            Marks marks,
            Completions completions,
            Workers workers) {
        this.driver = driver;
        this.objects = objects;
        this.current = current;
        this.memory = memory;
        this.host = host;
        this.marks = marks;
        this.completions = completions;
        this.workers = workers;
    }

    /** Tells what is free; while the driver makes or ends memory, it would not say how much. */
    void info(Call.MemInfo call, LowerHalf.Reply reply) throws RefusedException, DriverException {
        GpuContext context = objects.context(call.context());
        context.requireHealthy();
        if (!memory.isChanging()) {
            reply.done(info(context));
            return;
        }
        boolean unused = context.use(); // It lives: it is in the table.
        workers.execute("a question for free memory", () -> {
            try {
                memory.awaitUnchanging();
                Call.MemInfo.Result result = info(context);
                return () -> reply.done(result);
            } catch (DriverException e) {
                context.met(e);
                return () -> reply.failed(e.code());
            } finally {
                context.leave();
            }
        });
    }

    private Call.MemInfo.Result info(GpuContext context) throws DriverException {
        current.enter(context);
        CudaDriver.MemoryInfo info = driver.memoryInfo();
        return new Call.MemInfo.Result(memory.freeBytes(context.device, info.free()), info.total());
    }

    void map(long address, long bytes, long contextId, LowerHalf.Reply reply)
            throws RefusedException, DriverException {
        GpuContext context = objects.context(contextId);
        context.requireHealthy();
        current.dispatch(context);
        memory.map(address, bytes, context, reply);
    }

    void unmap(long address) throws RefusedException {
        GpuContext context = memory.owner(address);
        LowerHalf.Range range = memory.retire(address);
        List<Mark> work = marks.ofAll(objects.contextsOf(context.device));
        completions.afterAll(work, Urgency.SOON, () -> memory.end(List.of(range)));
    }

    /** Passes if memory begins at an address. */
    void requireClaimed(long address) throws RefusedException {
        GpuContext unused = memory.owner(address);
    }

    void allocateHost(Call.HostAlloc call, LowerHalf.Reply reply) throws RefusedException {
        GpuContext context = objects.context(call.context());
        context.requireHealthy();
        host.add(call.address(), call.bytes(), call.descriptor(), context);
        boolean unused = context.use(); // It lives: it is in the table.
        workers.execute("locking of pages", () -> {
            try {
                host.take(call.address());
                return () -> reply.done(Call.Done.DONE);
            } catch (RefusedException e) {
                LOG.log(System.Logger.Level.WARNING, "page-locked memory is refused: {0}", e.getMessage());
                return () -> reply.failed(e.code());
            } finally {
                context.leave();
            }
        });
    }

    void freeHost(Call.HostFree call, LowerHalf.Reply reply) throws RefusedException {
        GpuContext context = host.owner(call.address());
        context.requireHealthy();
        List<Mark> work = marks.ofAll(objects.contexts());
        completions.afterAll(work, Urgency.NOW, () -> workers.execute("end of page-locked memory", () -> {
            host.remove(call.address());
            return () -> reply.done(Call.Done.DONE);
        }));
    }
}
