package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.Clock;
import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.managed.UnifiedDevice;
import dev.cryo.lower.ptx.PointerUse;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.linux.LinuxException;
import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.uvm.device.DevicePages;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A CUDA device that runs on the processor: executes the CUDA vocabulary, kernels being PTX.
 *
 * <p>Work is asynchronous and ordered as CUDA orders it; {@link #execute} does itself what takes some microseconds and
 * starts the rest. A device holds no state outside itself: several can be in one process, at different addresses, and
 * {@link #close} gives back memory, addresses and threads.
 *
 * <p>A kernel or copy that touches memory which does not live, and what else goes wrong while work is done, makes its
 * context faulted: later work of the context is dropped, calls whose caller waits answer the error until the context is
 * destroyed, and the log of {@code dev.cryo.device} says what happened where.
 */
public final class PtxDevice implements UnifiedDevice {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    private final Scheduler scheduler = new Scheduler();
    private final DeviceObjects objects = new DeviceObjects();
    private final Timeline timeline = new Timeline(scheduler, objects.contexts());
    private final MemoryMap accessible = new MemoryMap();
    private final HostMemory host = new HostMemory(accessible);
    private final int multiprocessors = Runtime.getRuntime().availableProcessors();
    private final DeviceMemory memory;
    private final MemoryCalls memoryCalls;
    private final StreamCalls streamCalls;
    private final Workers workers;
    private final ModuleCalls moduleCalls;
    private final DevicePages pages = new Pages();
    private boolean closed;

    /** A device with half of this machine's memory. */
    public PtxDevice() {
        this(physicalBytes() / 2);
    }

    /** A device with so many bytes of memory. */
    public PtxDevice(long memoryBytes) {
        this(memoryBytes, true);
    }

    /**
     * A device with so many bytes of memory.
     *
     * @param bringsAll whether contents that are {@linkplain #defer deferred} are all read in the background, and not
     *     only when they are used
     */
    public PtxDevice(long memoryBytes, boolean bringsAll) {
        memory = new DeviceMemory(memoryBytes, accessible, bringsAll);
        memoryCalls = new MemoryCalls(objects, timeline, memory, host, new AddressSpace(accessible, host));
        workers = new Workers(multiprocessors);
        moduleCalls = new ModuleCalls(objects, timeline, memory, accessible, memoryCalls, workers);
        streamCalls = new StreamCalls(objects, timeline, new Clock());
    }

    private static long physicalBytes() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getTotalMemorySize();
    }

    @Override
    public void attach(HostSide side) throws IOException {
        host.attach(side);
    }

    @Override
    public void detach() {
        host.detach();
    }

    @Override
    public List<Range> pageLocked() {
        return host.ranges();
    }

    @Override
    public void execute(Call call, Reply reply) {
        try {
            switch (call) {
                case Call.Queued queued -> {
                    start(queued);
                    reply.done(Call.Done.DONE);
                }
                case Call.Blocking<?> blocking -> start(blocking, reply);
            }
        } catch (RefusedException e) {
            refuse(call, e, reply);
        }
    }

    private void refuse(Call call, RefusedException why, Reply reply) {
        if (call instanceof Call.Queued) {
            LOG.log(System.Logger.Level.WARNING, "{0} was refused with CUDA error {1}: {2}",
                    call.getClass().getSimpleName(), Integer.toString(why.code()), String.valueOf(why.getMessage()));
            if (call instanceof Call.Copy copy) {
                memoryCalls.releaseStaging(copy);
            }
            DeviceContext context = call instanceof Call.FuncSetAttribute set
                    ? moduleCalls.contextOf(set.function())
                    : objects.contextOf(call);
            if (context != null) {
                context.fault(why.code(), why.getMessage());
            }
        } else if (why.code() != CudaResult.NOT_READY) {
            LOG.log(System.Logger.Level.DEBUG, "{0} answers CUDA error {1}: {2}",
                    call.getClass().getSimpleName(), Integer.toString(why.code()), String.valueOf(why.getMessage()));
        }
        reply.failed(why.code());
    }

    private void start(Call.Queued call) throws RefusedException {
        switch (call) {
            case Call.CtxSetLimit it -> objects.context(it.context());
            case Call.CtxSetConfig it -> objects.context(it.context());
            case Call.MemUnmap it -> memoryCalls.unmap(it.address());
            case Call.ManagedFree it -> memoryCalls.unmap(it.address());
            case Call.ManagedAdvise it -> memoryCalls.requireClaimed(it.address());
            case Call.ManagedAttach it -> objects.stream(it.stream());
            case Call.ManagedPrefetch it -> objects.stream(it.stream());
            case Call.MemSet it -> memoryCalls.set(it);
            case Call.Copy it -> memoryCalls.copy(it);
            case Call.MemWrite it -> memoryCalls.write(it);
            case Call.StreamCreate it -> streamCalls.create(it);
            case Call.StreamDestroy it -> streamCalls.destroy(it);
            case Call.StreamWait it -> streamCalls.await(it);
            case Call.EventCreate it -> streamCalls.create(it);
            case Call.EventDestroy it -> streamCalls.destroy(it);
            case Call.EventRecord it -> streamCalls.record(it);
            case Call.ModuleUnload it -> moduleCalls.unload(it);
            case Call.FuncSetAttribute it -> moduleCalls.set(it);
            case Call.Launch it -> moduleCalls.launch(it);
        }
    }

    private void start(Call.Blocking<?> call, Reply reply) throws RefusedException {
        switch (call) {
            case Call.DriverInfo it -> reply.done(new Call.DriverInfo.Result(1, DeviceProperties.DRIVER_VERSION));
            case Call.DeviceInfo it -> {
                requireDevice(it.device());
                reply.done(DeviceProperties.info(memory.totalBytes(), multiprocessors));
            }
            case Call.MemInfo it -> {
                objects.context(it.context()).requireHealthy();
                reply.done(new Call.MemInfo.Result(memory.freeBytes(), memory.totalBytes()));
            }
            case Call.CtxCreate it -> {
                requireDevice(it.device());
                objects.add(new DeviceContext(it.context(), it.defaultStream(), host::hostOrNull));
                reply.done(Call.Done.DONE);
            }
            case Call.CtxDestroy it -> destroy(it, reply);
            case Call.CtxSync it -> streamCalls.sync(it, reply);
            case Call.CtxStatus it -> {
                objects.context(it.context()).requireHealthy();
                reply.done(Call.Done.DONE);
            }
            case Call.ModuleLoad it -> moduleCalls.load(it, 0, reply);
            case Call.ModuleLoadManaged it -> moduleCalls.load(it.plain(), it.managedAt(), reply);
            case Call.ModuleMeasure it -> moduleCalls.measure(it, reply);
            case Call.FunctionGet it -> moduleCalls.get(it, reply);
            case Call.GlobalGet it -> reply.done(moduleCalls.get(it));
            case Call.MemMap it -> {
                memoryCalls.map(it);
                reply.done(Call.Done.DONE);
            }
            case Call.ManagedOpen it -> reply.done(Call.Done.DONE);
            case Call.ManagedAlloc it -> memoryCalls.map(it, reply);
            case Call.HostAlloc it -> {
                memoryCalls.allocateHost(it);
                reply.done(Call.Done.DONE);
            }
            case Call.HostFree it -> memoryCalls.freeHost(it, reply);
            case Call.StreamSync it -> streamCalls.sync(it, reply);
            case Call.StreamQuery it -> streamCalls.query(it, reply);
            case Call.EventSync it -> streamCalls.sync(it, reply);
            case Call.EventQuery it -> streamCalls.query(it, reply);
            case Call.EventElapsed it -> reply.done(streamCalls.elapsed(it));
        }
    }

    private static void requireDevice(int device) throws RefusedException {
        if (device != 0) {
            throw new RefusedException(CudaResult.INVALID_DEVICE, "there is no device " + device);
        }
    }

    private void destroy(Call.CtxDestroy call, Reply reply) throws RefusedException {
        DeviceContext context = objects.context(call.context());
        if (context.isFaulted()) {
            context.abandon();
        }
        List<Long> device = memoryCalls.unclaimAll(context);
        List<Long> pageLocked = host.ownedBy(context);
        timeline.fence(new Action(Work.Weight.HEAVY, context, "end of a context", () -> {
            memoryCalls.endAll(device, pageLocked);
            reply.done(Call.Done.DONE);
        }));
        moduleCalls.removeAll(context);
        objects.remove(context);
    }

    @Override
    public String drain(Duration timeout) throws InterruptedException {
        return scheduler.awaitQuiet(timeout) ? "" : scheduler.words();
    }

    @Override
    public Capture capture() throws IOException {
        for (DeviceContext context : objects.contexts()) {
            if (context.isFaulted()) {
                throw new IOException("context 0x%x is faulted with CUDA error %d, which a restart could not give back"
                        .formatted(context.id, context.fault()));
            }
        }
        return new FrozenCapture(memory, streamCalls.state());
    }

    @Override
    public void write(long address, MemorySegment contents) {
        requireCovered(address, contents.byteSize());
        memory.replace(address, contents.byteSize());
        MemorySegment.copy(
                contents, ValueLayout.JAVA_BYTE, 0,
                VirtualMemory.at(address, contents.byteSize()), ValueLayout.JAVA_BYTE, 0, contents.byteSize());
    }

    @Override
    public void writeZeros(long address, long bytes) {
        requireCovered(address, bytes);
        moduleCalls.writeZeros(address, bytes);
    }

    @Override
    public boolean defer(Contents contents, Consumer<IOException> lost) {
        moduleCalls.clearVariables();
        memory.defer(contents, lost);
        return true;
    }

    @Override
    public DevicePages pages() {
        return pages;
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
    public boolean has(long address) {
        return memory.isCovered(address, 1) || host.has(address);
    }

    @Override
    public void follow(long stream, Runnable code) {
        streamCalls.follow(stream, code);
    }

    private void requireCovered(long address, long bytes) {
        if (!memory.isCovered(address, bytes)) {
            throw new IllegalArgumentException(DeviceMemory.range(address, bytes) + " are not in live memory");
        }
    }

    /** Its memory is memory of this process: nothing has to be copied to be read. */
    private final class Pages implements DevicePages {
        @Override
        public MemorySegment read(long address, long bytes, MemorySegment buffer) throws IOException {
            if (!memory.isCovered(address, bytes)) {
                throw new IOException(DeviceMemory.range(address, bytes) + " are not in live memory");
            }
            memory.require(address, bytes);
            return VirtualMemory.at(address, bytes);
        }

        @Override
        public void write(long address, MemorySegment contents) {
            PtxDevice.this.write(address, contents);
        }
    }

    @Override
    public void restore(DeviceState state) {
        streamCalls.restore(state);
        try {
            memory.restored();
        } catch (LinuxException e) {
            LOG.log(System.Logger.Level.WARNING, "the next image hashes all of device memory: {0}", e.getMessage());
        }
    }

    @Override
    public void close() {
        if (closed) {
            throw new IllegalStateException("the device was closed before");
        }
        closed = true;
        objects.contexts().forEach(DeviceContext::abandon);
        host.detach();
        // Both, whatever the first finds.
        if (scheduler.close(CLOSE_TIMEOUT) & workers.close(CLOSE_TIMEOUT)) {
            memory.close();
        } else {
            LOG.log(System.Logger.Level.ERROR,
                    "device memory is not given back, since work does not end: {0}", scheduler.words());
        }
    }
}
