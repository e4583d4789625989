package dev.cryo.uvm.model;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.uvm.Handover;
import dev.cryo.uvm.Span;
import dev.cryo.uvm.device.Access;
import dev.cryo.uvm.device.Attachment;
import dev.cryo.uvm.device.DevicePages;
import dev.cryo.uvm.device.ManagedMemory;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The child JVM's program: a device whose memory lies at the application's addresses in this process, with streams that
 * are threads. Takes {@link Order}s from standard input and answers each on standard output, not always in order.
 */
public final class ModelDevice implements DevicePages {
    private static final MemorySegment EVERYTHING = VirtualMemory.everything();

    private final DataInputStream in = new DataInputStream(System.in);
    private final DataOutputStream out =
            new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
    private final Map<Long, ExecutorService> streams = new ConcurrentHashMap<>();
    private final AtomicLong readBytes = new AtomicLong();
    private final AtomicLong writtenBytes = new AtomicLong();
    private volatile CountDownLatch door = new CountDownLatch(0);
    private volatile boolean broken;
    private @Nullable ManagedMemory managed;
    private @Nullable Span reserved;

    private ModelDevice() {}

    /** Runs until standard input ends. */
    public static void main(String[] arguments) throws IOException {
        new ModelDevice().run();
    }

    private void run() throws IOException {
        for (int id = in.read(); id >= 0; id = in.read()) {
            long request = in.readLong();
            Order order = Order.values()[id];
            try {
                obey(order, request);
            } catch (IOException | InterruptedException | RuntimeException e) {
                answer(request, 0, e);
            }
        }
        System.exit(0);
    }

    private void obey(Order order, long request) throws IOException, InterruptedException {
        switch (order) {
            case OPEN -> {
                long pid = in.readLong();
                open(pid, new Handover(in.readInt(), in.readInt(), Spans.read(in), in.readBoolean()));
            }
            case ADD -> add(Spans.read(in), ManagedMemory.Origin.values()[in.readInt()]);
            case ARRIVE -> arrive(Spans.read(in));
            case DROP -> drop(Spans.read(in));
            case LAUNCH -> {
                Access access = new Access(in.readLong(), Step.readReach(in), Step.readReach(in));
                launch(access, Step.read(in), in.readInt(), in.readBoolean());
            }
            case SYNC -> {
                sync(in.readLong(), request);
                return;
            }
            case PREFETCH_TO_APPLICATION -> managed().prefetchToApplication(Spans.read(in));
            case PREFETCH_TO_DEVICE -> managed().prefetchToDevice(Spans.read(in));
            case READ_MOSTLY -> managed().adviseReadMostly(Spans.read(in), in.readBoolean());
            case ATTACH -> managed().attach(Spans.read(in), attachment(in.readLong()));
            case SUSPEND -> managed().suspend(Duration.ofSeconds(20));
            case CLOSE -> {
                managed().close();
                managed = null;
            }
            case PEEK -> {
                answer(request, EVERYTHING.get(JAVA_LONG, in.readLong()), null);
                return;
            }
            case POKE -> EVERYTHING.set(JAVA_LONG, in.readLong(), in.readLong());
            case OPEN_DOOR -> door.countDown();
            case WAITING -> {
                answer(request, managed().waiting().size(), null);
                return;
            }
            case BREAK -> broken = in.readBoolean();
            case RESOURCES -> {
                answer(request, resources(), null);
                return;
            }
            case STATISTICS -> {
                boolean written = in.readBoolean();
                answer(request, (written ? writtenBytes : readBytes).getAndSet(0), null);
                return;
            }
        }
        answer(request, 0, null);
    }

    private ManagedMemory managed() {
        return Objects.requireNonNull(managed, "no unified memory is open");
    }

    private void open(long pid, Handover handover) throws IOException {
        if (reserved == null) {
            reserved = handover.space();
            VirtualMemory.reserve(reserved.address(), reserved.bytes());
        }
        managed = ManagedMemory.open(pid, handover, this, failure -> System.err.println("device: " + failure));
    }

    private void add(Span region, ManagedMemory.Origin origin) throws IOException {
        if (origin == ManagedMemory.Origin.DEVICE) {
            VirtualMemory.commit(region.address(), region.bytes());
        }
        managed().add(region, origin);
    }

    private void arrive(Span region) throws IOException {
        VirtualMemory.commit(region.address(), region.bytes());
        managed().arrived(region);
    }

    private void drop(Span region) throws IOException {
        managed().drop(region);
        VirtualMemory.decommit(region.address(), region.bytes());
    }

    private static Attachment attachment(long stream) {
        return stream == -1
                ? new Attachment.Global()
                : stream == -2 ? new Attachment.Host() : new Attachment.Single(stream);
    }

    private ExecutorService stream(long id) {
        return streams.computeIfAbsent(
                id, each -> Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().daemon().name("stream-" + each).factory()));
    }

    private void launch(Access access, List<Step> steps, int microseconds, boolean atDoor) throws IOException {
        if (atDoor) {
            door = new CountDownLatch(1);
        }
        CountDownLatch waitsFor = atDoor ? door : new CountDownLatch(0);
        Runnable kernel = () -> kernel(steps, microseconds, waitsFor);
        managed().submit(access, end -> stream(access.stream()).execute(() -> {
            kernel.run();
            end.run();
        }));
    }

    private static void kernel(List<Step> steps, int microseconds, CountDownLatch door) {
        try {
            door.await();
            if (microseconds > 0) {
                TimeUnit.MICROSECONDS.sleep(microseconds);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        for (Step step : steps) {
            long value = EVERYTHING.get(JAVA_LONG, step.from()) * step.factor() + step.offset();
            EVERYTHING.set(JAVA_LONG, step.to(), value);
        }
    }

    private void sync(long stream, long request) {
        managed().asked();
        stream(stream).execute(() -> answer(request, 0, null));
    }

    private static long resources() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"));
                Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
            return descriptors.count() + mappings.filter(line -> line.contains("cryo-shadow")).count();
        }
    }

    @Override
    public MemorySegment read(long address, long bytes, MemorySegment buffer) throws IOException {
        if (broken) {
            throw new IOException("the model device is broken");
        }
        readBytes.addAndGet(bytes);
        return VirtualMemory.at(address, bytes);
    }

    @Override
    public void write(long address, MemorySegment contents) {
        writtenBytes.addAndGet(contents.byteSize());
        VirtualMemory.at(address, contents.byteSize()).copyFrom(contents);
    }

    private void answer(long request, long value, @Nullable Exception failure) {
        synchronized (out) {
            try {
                out.writeLong(request);
                out.writeLong(value);
                out.writeUTF(failure == null ? "" : failure.toString());
                out.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
