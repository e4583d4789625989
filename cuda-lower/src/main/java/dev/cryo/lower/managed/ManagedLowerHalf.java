package dev.cryo.lower.managed;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.uvm.Handover;
import dev.cryo.uvm.Span;
import dev.cryo.uvm.device.Access;
import dev.cryo.uvm.device.Attachment;
import dev.cryo.uvm.device.ManagedMemory;
import dev.cryo.uvm.device.ManagedMemory.Origin;
import dev.cryo.uvm.device.Reach;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A lower half with unified memory for an application in another process: executes every call on a device, and those
 * that may touch unified memory in step with the application's shadow of it.
 *
 * <p>While no unified memory lives a call costs one check more. A shadow that cannot be kept in step is an exception
 * out of {@link #execute}: what would be computed from then on could not be trusted.
 */
public final class ManagedLowerHalf implements LowerHalf {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");
    private static final Duration SUSPEND = Duration.ofSeconds(30);
    private static final int READ_MOSTLY = 1;
    private static final int ATTACH_HOST = 2;
    private static final int ATTACH_SINGLE = 4;
    private static final int HOST = -1;

    private final UnifiedDevice device;
    private final Allocations allocations = new Allocations();
    private final Reaches reaches;

    private volatile long application;
    /** Null before the application has handed its shadow over, and while it is suspended. */
    private volatile @Nullable ManagedMemory shadow;

    /** Over a device, which is closed with this. */
    public ManagedLowerHalf(UnifiedDevice device) {
        this.device = device;
        this.reaches = new Reaches(device, allocations);
    }

    /** Says which process attaches next. */
    public void application(long pid) {
        application = pid;
    }

    @Override
    public void execute(Call call, Reply reply) {
        switch (call) {
            case Call.DeviceInfo it -> device.execute(it, new Announcing(reply));
            case Call.ManagedOpen it -> open(it, reply);
            case Call.ManagedAlloc it -> allocate(it, reply);
            case Call.ManagedFree it -> {
                drop(allocations.remove(it.address()));
                device.execute(it, reply);
            }
            case Call.CtxDestroy it -> {
                allocations.of(it.context()).forEach(region -> drop(allocations.remove(region.span().address())));
                device.execute(it, reply);
            }
            default -> {
                ManagedMemory now = shadow;
                if (allocations.isEmpty()) {
                    device.execute(call, reply);
                } else if (now == null) {
                    allocations.note(call);
                    device.execute(call, reply);
                } else {
                    inStep(now, call, reply);
                }
            }
        }
    }

    private void inStep(ManagedMemory now, Call call, Reply reply) {
        try {
            switch (call) {
                case Call.Launch it -> submit(now, reaches.of(it), it, reply);
                case Call.Copy it -> submit(now, reaches.of(it), it, reply);
                case Call.MemSet it -> submit(now, reaches.of(it), it, reply);
                case Call.MemWrite it -> submit(now, reaches.of(it), it, reply);
                case Call.ModuleLoadManaged it -> load(now, it, reply);
                case Call.ManagedAdvise it -> {
                    allocations.note(it);
                    allocations.find(it.address()).ifPresent(region -> advise(now, region));
                    device.execute(it, reply);
                }
                case Call.ManagedAttach it -> {
                    allocations.note(it);
                    device.execute(it, reply);
                    allocations.find(it.address()).ifPresent(region -> attach(now, region, it.stream()));
                }
                case Call.ManagedPrefetch it -> {
                    prefetch(now, it);
                    device.execute(it, reply);
                }
                case Call.StreamDestroy it -> {
                    allocations.detach(it.stream()).forEach(region -> now.attach(region.span(), attachment(region)));
                    device.execute(it, reply);
                }
                default -> {
                    now.asked(); // It may be a question for the end of work, or an event that such a one will be about.
                    device.execute(call, reply);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("unified memory cannot be kept in step", e);
        }
    }

    private void submit(ManagedMemory now, Access access, Call call, Reply reply) throws IOException {
        if (access.reads().equals(Reach.NOTHING) && access.writes().equals(Reach.NOTHING)) {
            device.execute(call, reply);
            return;
        }
        device.awaitRoom();
        now.submit(access, end -> {
            device.execute(call, reply);
            if (!access.writes().equals(Reach.NOTHING)) {
                device.follow(access.stream(), end);
            }
        });
    }

    /** In the stream's order: what comes after waits for the work of others that the region is taken from. */
    private void attach(ManagedMemory now, Allocations.Region region, long stream) {
        CompletableFuture<Void> taken = now.attach(region.span(), attachment(region));
        if (!taken.isDone()) {
            device.follow(stream, taken::join);
        }
    }

    /** Loads a module, whose managed variables the application finds with their first values. */
    private void load(ManagedMemory now, Call.ModuleLoadManaged call, Reply reply) throws IOException {
        now.submit(reaches.of(call), end -> device.execute(call, new Ending(end, reply)));
    }

    private void prefetch(ManagedMemory now, Call.ManagedPrefetch call) throws IOException {
        Span range = new Span(call.address(), call.bytes());
        if (call.device() == HOST) {
            now.prefetchToApplication(range);
        } else {
            now.prefetchToDevice(range);
        }
    }

    // Regions

    private void open(Call.ManagedOpen call, Reply reply) {
        if (shadow != null) {
            reply.done(Call.Done.DONE);
            return;
        }
        Span space = new Span(call.space(), call.spaceBytes());
        Handover handover = new Handover(call.memory(), call.faults(), space, call.wholeRegions());
        try {
            shadow = open(handover, call.written() ? Origin.APPLICATION : Origin.DEVICE);
            reply.done(Call.Done.DONE);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the application's unified memory cannot be taken over", e);
            reply.failed(CudaResult.OPERATING_SYSTEM);
        }
    }

    private ManagedMemory open(Handover handover, Origin origin) throws IOException {
        ManagedMemory opened = ManagedMemory.open(application, handover, device.pages(), ManagedLowerHalf::report);
        try {
            for (Allocations.Region region : allocations.all()) {
                opened.add(region.span(), origin);
                advise(opened, region);
                opened.attach(region.span(), attachment(region));
            }
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static void report(IOException failure) {
        LOG.log(System.Logger.Level.ERROR, "a page of unified memory cannot be served", failure);
    }

    private void allocate(Call.ManagedAlloc call, Reply reply) {
        Allocations.Region region = allocations.add(call);
        ManagedMemory now = shadow;
        if (now != null) {
            try {
                now.add(region.span(), Origin.FRESH);
                now.attach(region.span(), attachment(region));
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "unified memory is refused: " + region.span(), e);
                allocations.remove(call.address());
                reply.failed(CudaResult.OPERATING_SYSTEM);
                return;
            }
        }
        device.execute(call, new Allocated(region.span(), reply));
    }

    private void drop(Allocations.@Nullable Region region) {
        ManagedMemory now = shadow;
        if (region != null && now != null) {
            try {
                now.drop(region.span());
            } catch (IOException e) {
                throw new UncheckedIOException("unified memory cannot be given up", e);
            }
        }
    }

    private static void advise(ManagedMemory to, Allocations.Region region) {
        to.adviseReadMostly(region.span(), region.advice().getOrDefault(READ_MOSTLY, 0) != 0);
    }

    private static Attachment attachment(Allocations.Region region) {
        return switch (region.attachFlags()) {
            case ATTACH_HOST -> new Attachment.Host();
            case ATTACH_SINGLE -> new Attachment.Single(region.attachedTo());
            default -> new Attachment.Global();
        };
    }

    // What is only passed on

    @Override
    public void attach(HostSide host) throws IOException {
        device.attach(host);
    }

    @Override
    public List<Range> pageLocked() {
        return device.pageLocked();
    }

    @Override
    public void detach() {
        device.detach();
    }

    @Override
    public String drain(Duration timeout) throws InterruptedException {
        String running = device.drain(timeout);
        ManagedMemory now = shadow;
        if (running.isEmpty() || now == null || now.waiting().isEmpty()) {
            return running;
        }
        return running + "; " + String.join("; ", now.waiting());
    }

    /** Leaves the shadow as plain memory of the application, which hands it over again afterwards. */
    @Override
    public Capture capture() throws IOException {
        ManagedMemory now = shadow;
        if (now != null) {
            try {
                now.suspend(SUSPEND);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while unified memory is suspended", e);
            }
            shadow = null;
            now.close();
        }
        return device.capture();
    }

    @Override
    public void write(long address, MemorySegment contents) {
        device.write(address, contents);
    }

    @Override
    public void writeZeros(long address, long bytes) {
        device.writeZeros(address, bytes);
    }

    @Override
    public boolean defer(Contents contents, Consumer<IOException> lost) {
        return device.defer(contents, lost);
    }

    @Override
    public void restore(DeviceState state) {
        device.restore(state);
    }

    @Override
    public void close() {
        ManagedMemory now = shadow;
        shadow = null;
        try (device) {
            if (now != null) {
                now.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes a region back that the device has no memory for. */
    private final class Allocated implements Reply {
        private final Span span;
        private final Reply reply;

        Allocated(Span span, Reply reply) {
            this.span = span;
            this.reply = reply;
        }

        @Override
        public void done(Record result) {
            ManagedMemory now = shadow;
            if (now != null) {
                now.arrived(span);
            }
            reply.done(result);
        }

        @Override
        public void failed(int code) {
            drop(allocations.remove(span.address()));
            reply.failed(code);
        }
    }
}
