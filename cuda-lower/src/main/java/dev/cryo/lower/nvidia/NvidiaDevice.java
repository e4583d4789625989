package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.Clock;
import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.managed.UnifiedDevice;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.ptx.PointerUse;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.uvm.device.DevicePages;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * NVIDIA's devices of this machine: executes the CUDA vocabulary on the driver.
 *
 * <p>Calls go to the driver in the order in which they come, by the thread that brings them; what the driver may wait
 * for the device in is left to other threads. {@link #close} gives back memory, addresses, contexts and threads.
 *
 * <p>An error of a kernel or a copy, and a call that nobody waits for and that is refused, make its context faulted:
 * later work of the context is dropped, calls whose caller waits answer the error until the context is destroyed, and
 * the log of {@code dev.cryo.device} says what happened where. To the driver an error of work is one of all the
 * process: other contexts meet it when they next ask the driver for something, and no new one can be made.
 */
public final class NvidiaDevice implements UnifiedDevice {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);
    /** How long memory of the host is given up if there is work, which the driver waits for. */
    private static final Duration DETACH_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration DRAIN_PAUSE = Duration.ofNanos(100_000);

    private final CudaDriver driver;
    private final DeviceFacts facts;
    private final boolean unifiedMemory;
    private final GpuObjects objects = new GpuObjects();
    private final Current current;
    private final Marks marks;
    private final Completions completions;
    private final Workers workers = new Workers();
    private final GpuMemory memory;
    private final HostMemory host;
    private final MemoryCalls memoryCalls;
    private final CopyCalls copyCalls;
    private final StreamCalls streamCalls;
    private final EventCalls eventCalls;
    private final ModuleCalls moduleCalls;
    private final ContextCalls contextCalls;
    private final HostTurns turns;
    private final Constants constants;
    private final Lanes lanes;
    private final Uploads uploads;
    private final Pages pages;
    private final Captures captures;
    /** How many calls came; belongs to the thread that executes them. */
    private long calls;
    private boolean closed;

    private NvidiaDevice(CudaDriver driver, DeviceFacts facts, CaptureMethod method, boolean unifiedMemory) {
        this.driver = driver;
        this.facts = facts;
        this.unifiedMemory = unifiedMemory;
        current = new Current(driver);
        marks = new Marks(driver, current);
        completions = new Completions(driver, current, marks, objects.contexts());
        memory = new GpuMemory(driver, current, workers);
        host = new HostMemory(driver, current, objects.contexts());
        lanes = new Lanes(driver, current, objects.contexts());
        uploads = new Uploads(lanes);
        pages = new Pages(memory, lanes);
        captures = new Captures(driver, current, memory, lanes, method);
        constants = new Constants(driver);
        turns = new HostTurns(driver, current, marks, completions, workers);
        RowCopies rows = new RowCopies(driver, marks);
        ModuleLoader loader = new ModuleLoader(driver, current, memory, lanes, constants);
        memoryCalls = new MemoryCalls(driver, objects, current, memory, host, marks, completions, workers);
        copyCalls = new CopyCalls(driver, objects, current, memory, host, marks, completions, rows, constants);
        streamCalls = new StreamCalls(driver, objects, current, marks, completions, turns);
        eventCalls = new EventCalls(
                driver, objects, current, marks, completions, new EventTimes(driver, current, lanes, new Clock()));
        moduleCalls = new ModuleCalls(
                driver, objects, current, marks, completions, workers, memory, constants, loader);
        contextCalls = new ContextCalls(
                driver, facts, objects, current, memory, host, marks, completions, workers, moduleCalls,
                eventCalls, rows, lanes, turns);
        completions.start();
    }

    /**
     * Takes a driver, which is initialised here; no context is made before the upper half asks for one.
     *
     * @throws DriverException if the driver has no device that can be used, saying why
     */
    public static NvidiaDevice open(CudaDriver driver, CaptureMethod method) throws DriverException {
        return new NvidiaDevice(driver, DeviceFacts.of(driver), method, true);
    }

    /**
     * As {@link #open}, for an application in the same process: it has no unified memory, since nobody brings its pages
     * from the device to the host.
     */
    public static NvidiaDevice openInProcess(CudaDriver driver, CaptureMethod method) throws DriverException {
        return new NvidiaDevice(driver, DeviceFacts.of(driver), method, false);
    }

    /**
     * Passes if {@link #open} would.
     *
     * @throws DriverException if the driver has no device that can be used, saying why
     */
    public static void requireUsable(CudaDriver driver) throws DriverException {
        DeviceFacts unused = DeviceFacts.of(driver);
    }

    @Override
    public void attach(HostSide side) throws IOException {
        host.attach(side);
    }

    @Override
    public void detach() {
        if (running().isEmpty()) {
            host.detach();
        } else if (!workers.run("giving up of host memory", host::detach, DETACH_TIMEOUT)) {
            // Work that never ends must not keep a process from its end; the driver gives memory up with the contexts.
            LOG.log(System.Logger.Level.ERROR, "the upper half leaves while there is {0}", running());
        }
    }

    @Override
    public List<Range> pageLocked() {
        return host.ranges();
    }

    @Override
    public void execute(Call call, Reply reply) {
        calls++;
        if (uploads.isPending()) {
            finishUploads();
        }
        try {
            switch (call) {
                case Call.Queued queued -> {
                    start(queued);
                    reply.done(Call.Done.DONE);
                }
                case Call.Blocking<?> blocking -> start(blocking, reply);
            }
        } catch (RefusedException e) {
            refuse(call, e.code(), e.getMessage(), reply);
        } catch (DriverException e) {
            GpuContext context = contextOf(call);
            if (context != null) {
                context.met(e);
            }
            refuse(call, e.code(), e.getMessage(), reply);
        }
    }

    private void refuse(Call call, int code, @Nullable String why, Reply reply) {
        if (call instanceof Call.Queued) {
            LOG.log(System.Logger.Level.WARNING, "{0} was refused with CUDA error {1}: {2}",
                    call.getClass().getSimpleName(), Integer.toString(code), String.valueOf(why));
            if (call instanceof Call.Copy copy) {
                copyCalls.releaseStaging(copy);
            }
            GpuContext context = contextOf(call);
            if (context != null) {
                context.fault(code, why);
            }
        } else if (code != CudaResult.NOT_READY) {
            LOG.log(System.Logger.Level.DEBUG, "{0} answers CUDA error {1}: {2}",
                    call.getClass().getSimpleName(), Integer.toString(code), String.valueOf(why));
        }
        reply.failed(code);
    }

    private @Nullable GpuContext contextOf(Call call) {
        return call instanceof Call.FuncSetAttribute set
                ? moduleCalls.contextOfKernel(set.function())
                : objects.contextOf(call);
    }

    private void start(Call.Queued call) throws RefusedException, DriverException {
        switch (call) {
            case Call.CtxSetLimit it -> contextCalls.set(it);
            case Call.CtxSetConfig it -> contextCalls.set(it);
            case Call.MemUnmap it -> memoryCalls.unmap(it.address());
            case Call.ManagedFree it -> memoryCalls.unmap(it.address());
            case Call.ManagedAdvise it -> memoryCalls.requireClaimed(it.address());
            case Call.ManagedAttach it -> objects.stream(it.stream());
            case Call.ManagedPrefetch it -> objects.stream(it.stream());
            case Call.MemSet it -> copyCalls.set(it);
            case Call.Copy it -> copyCalls.copy(it);
            case Call.MemWrite it -> copyCalls.write(it);
            case Call.StreamCreate it -> streamCalls.create(it);
            case Call.StreamDestroy it -> streamCalls.destroy(it);
            case Call.StreamWait it -> eventCalls.await(it);
            case Call.EventCreate it -> eventCalls.create(it);
            case Call.EventDestroy it -> eventCalls.destroy(it);
            case Call.EventRecord it -> eventCalls.record(it);
            case Call.ModuleUnload it -> moduleCalls.unload(it);
            case Call.FuncSetAttribute it -> moduleCalls.set(it);
            case Call.Launch it -> moduleCalls.launch(it);
        }
    }

    private void start(Call.Blocking<?> call, Reply reply) throws RefusedException, DriverException {
        switch (call) {
            case Call.DriverInfo it -> reply.done(facts.driver());
            case Call.DeviceInfo it -> reply.done(facts.device(it.device()));
            case Call.MemInfo it -> memoryCalls.info(it, reply);
            case Call.CtxCreate it -> {
                contextCalls.create(it);
                reply.done(Call.Done.DONE);
            }
            case Call.CtxDestroy it -> contextCalls.destroy(it, reply);
            case Call.CtxSync it -> streamCalls.sync(it, reply);
            case Call.CtxStatus it -> {
                objects.context(it.context()).requireHealthy();
                reply.done(Call.Done.DONE);
            }
            case Call.ModuleLoad it -> moduleCalls.load(it, 0, reply);
            case Call.ModuleLoadManaged it -> moduleCalls.load(it.plain(), it.managedAt(), reply);
            case Call.ModuleMeasure it -> moduleCalls.measure(it, reply);
            case Call.FunctionGet it -> reply.done(moduleCalls.get(it));
            case Call.GlobalGet it -> reply.done(moduleCalls.get(it));
            case Call.MemMap it -> memoryCalls.map(it.address(), it.bytes(), it.context(), reply);
            case Call.ManagedOpen it -> reply.done(Call.Done.DONE);
            case Call.ManagedAlloc it -> {
                if (!unifiedMemory) {
                    throw new RefusedException(CudaResult.NOT_SUPPORTED,
                            "there is no unified memory of a GPU in the application's own process");
                }
                memoryCalls.map(it.address(), it.mappedBytes(), it.context(), reply);
            }
            case Call.HostAlloc it -> memoryCalls.allocateHost(it, reply);
            case Call.HostFree it -> memoryCalls.freeHost(it, reply);
            case Call.StreamSync it -> streamCalls.sync(it, reply);
            case Call.StreamQuery it -> streamCalls.query(it, reply);
            case Call.EventSync it -> eventCalls.sync(it, reply);
            case Call.EventQuery it -> eventCalls.query(it, reply);
            case Call.EventElapsed it -> reply.done(eventCalls.elapsed(it));
        }
    }

    @Override
    public String drain(Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        while (true) {
            String running = running();
            if (running.isEmpty() || System.nanoTime() - end >= 0) {
                return running;
            }
            Thread.sleep(DRAIN_PAUSE);
        }
    }

    /** What runs or is waited for, in words; empty if nothing is. */
    private String running() {
        List<String> words = new ArrayList<>();
        for (GpuContext context : objects.contexts()) {
            if (context.isFaulted()) {
                continue;
            }
            try {
                current.enter(context);
                for (GpuStream stream : context.streams) {
                    if (!stream.isQuiet(driver)) {
                        words.add(stream.words());
                    }
                }
            } catch (DriverException e) {
                context.fault(e.code(), e.getMessage());
            }
        }
        String busy = workers.words();
        if (!busy.isEmpty()) {
            words.add(busy);
        }
        if (words.isEmpty() && completions.pending() > 0) {
            words.add("work that is waited for");
        }
        return String.join("; ", words);
    }

    @Override
    public Capture capture() throws IOException {
        for (GpuContext context : objects.contexts()) {
            if (context.isFaulted()) {
                throw new IOException("context 0x%x is faulted with CUDA error %d, which a restart could not give back"
                        .formatted(context.id, context.fault()));
            }
        }
        try {
            return captures.capture(facts.devices(), eventCalls.state());
        } catch (DriverException e) {
            throw new IOException("the times of events cannot be found out: " + e.getMessage(), e);
        }
    }

    @Override
    public void write(long address, MemorySegment contents) {
        fill(address, contents.byteSize(), device -> uploads.write(device, address, contents));
    }

    @Override
    public void writeZeros(long address, long bytes) {
        fill(address, bytes, device -> uploads.zero(device, address, bytes));
    }

    private interface Filling {
        void fill(int device) throws DriverException;
    }

    private void fill(long address, long bytes, Filling filling) {
        GpuContext owner = memory.ownerOf(address, bytes);
        if (owner == null) {
            throw new IllegalArgumentException(GpuMemory.range(address, bytes) + " are not in live memory");
        }
        try {
            filling.fill(owner.device);
        } catch (DriverException e) {
            throw new IllegalStateException(
                    GpuMemory.range(address, bytes) + " cannot be written to device memory: " + e.getMessage(), e);
        }
    }

    @Override
    public void restore(DeviceState state) {
        eventCalls.restore(state);
        finishUploads();
    }

    /** Waits for contents to arrive; what the driver has of constants is brought in step with them. */
    private void finishUploads() {
        try {
            uploads.finish();
            constants.copyAll(lanes);
        } catch (DriverException e) {
            throw new IllegalStateException("device memory cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public DevicePages pages() {
        return pages;
    }

    @Override
    public void follow(long stream, Runnable code) {
        streamCalls.follow(stream, code);
    }

    @Override
    public void awaitRoom() {
        turns.awaitRoom(calls);
    }

    @Override
    public boolean has(long address) {
        return memory.isCovered(address, 1) || host.covers(address, 1);
    }

    @Override
    public Optional<PointerUse> pointers(long function) {
        return moduleCalls.pointers(function);
    }

    @Override
    public long managed(long function) {
        return moduleCalls.managed(function);
    }

    @Override
    public void close() {
        if (closed) {
            throw new IllegalStateException("the device was closed before");
        }
        closed = true;
        objects.contexts().forEach(GpuContext::abandon);
        awaitEnds();
        completions.close();
        objects.contexts().forEach(contextCalls::destroy); // Which ends what workers may wait for.
        if (!workers.close(CLOSE_TIMEOUT)) {
            LOG.log(System.Logger.Level.ERROR, "the device is closed while there is {0}", workers.words());
        }
        host.detach(); // The driver might wait for a kernel that never ends, were it to give host memory up before.
        memory.close();
    }

    /** Lets what is waited for be seen to have ended, which is so for contexts that are abandoned. */
    private void awaitEnds() {
        long end = System.nanoTime() + CLOSE_TIMEOUT.toNanos();
        while (completions.pending() > 0 || !workers.isIdle()) {
            if (System.nanoTime() - end > 0) {
                LOG.log(System.Logger.Level.ERROR, "the device is closed while there is {0}", workers.words());
                return;
            }
            LockSupport.parkNanos(this, DRAIN_PAUSE.toNanos());
        }
    }
}
