package dev.cryo.uvm.model;

import dev.cryo.uvm.Handover;
import dev.cryo.uvm.Span;
import dev.cryo.uvm.device.Access;
import dev.cryo.uvm.device.ManagedMemory;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The test's end of a {@link ModelDevice} in a child JVM. Thread-safe. */
public final class DeviceProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 30;

    private final Process process;
    private final DataOutputStream orders;
    private final AtomicLong lastRequest = new AtomicLong();
    private final Map<Long, CompletableFuture<Long>> open = new ConcurrentHashMap<>();

    private interface Arguments {
        void write(DataOutputStream out) throws IOException;
    }

    private DeviceProcess(Process process) {
        this.process = process;
        this.orders = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
        Thread.ofPlatform().daemon().name("model-device-answers").start(this::readAnswers);
    }

    /** Starts a child JVM. */
    public static DeviceProcess start() throws IOException {
        return new DeviceProcess(new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ModelDevice.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** The child. */
    public ProcessHandle process() {
        return process.toHandle();
    }

    /** Takes over shadow memory of process {@code pid}. */
    public void open(long pid, Handover handover) {
        call(Order.OPEN, out -> {
            out.writeLong(pid);
            out.writeInt(handover.memory());
            out.writeInt(handover.faults());
            Spans.write(out, handover.space());
            out.writeBoolean(handover.wholeRegions());
        });
    }

    /** Adds a region; the device's memory is zeros. */
    public void add(Span region) {
        add(region, ManagedMemory.Origin.DEVICE);
    }

    /** Adds a region. */
    public void add(Span region, ManagedMemory.Origin origin) {
        call(Order.ADD, out -> {
            Spans.write(out, region);
            out.writeInt(origin.ordinal());
        });
    }

    /** Gives a fresh region its memory. */
    public void arrive(Span region) {
        span(Order.ARRIVE, region);
    }

    /** Drops a region. */
    public void drop(Span region) {
        span(Order.DROP, region);
    }

    /** Launches a kernel that takes some time. */
    public void launch(Access access, List<Step> steps, int microseconds) {
        launch(access, steps, microseconds, false);
    }

    /** Launches a kernel that does not begin before {@link #openDoor}. */
    public void launchAtDoor(Access access, List<Step> steps) {
        launch(access, steps, 0, true);
    }

    private void launch(Access access, List<Step> steps, int microseconds, boolean atDoor) {
        call(Order.LAUNCH, out -> {
            out.writeLong(access.stream());
            Step.write(out, access.reads());
            Step.write(out, access.writes());
            Step.write(out, steps);
            out.writeInt(microseconds);
            out.writeBoolean(atDoor);
        });
    }

    /** Lets kernels begin that wait at the door. */
    public void openDoor() {
        call(Order.OPEN_DOOR, out -> {});
    }

    /** Waits until a stream's work has ended. */
    public void sync(long stream) {
        call(Order.SYNC, out -> out.writeLong(stream));
    }

    /** Brings pages to the application. */
    public void prefetchToApplication(Span range) {
        span(Order.PREFETCH_TO_APPLICATION, range);
    }

    /** Sends pages to the device. */
    public void prefetchToDevice(Span range) {
        span(Order.PREFETCH_TO_DEVICE, range);
    }

    /** Advises. */
    public void readMostly(Span region, boolean readMostly) {
        call(Order.READ_MOSTLY, out -> {
            Spans.write(out, region);
            out.writeBoolean(readMostly);
        });
    }

    /** Attaches to a stream; to none by -2, to all by -1. */
    public void attach(Span region, long stream) {
        call(Order.ATTACH, out -> {
            Spans.write(out, region);
            out.writeLong(stream);
        });
    }

    /** Suspends and closes the unified memory; device memory stays. */
    public void suspendAndClose() {
        call(Order.SUSPEND, out -> {});
        call(Order.CLOSE, out -> {});
    }

    /** Closes the unified memory. */
    public void closeMemory() {
        call(Order.CLOSE, out -> {});
    }

    /** A long of device memory. */
    public long peek(long address) {
        return call(Order.PEEK, out -> out.writeLong(address));
    }

    /** Sets a long of device memory behind the shadow's back. */
    public void poke(long address, long value) {
        call(Order.POKE, out -> {
            out.writeLong(address);
            out.writeLong(value);
        });
    }

    /** How many requests wait for device work. */
    public long waiting() {
        return call(Order.WAITING, out -> {});
    }

    /** Makes device memory unreadable, or readable again. */
    public void breakDevice(boolean broken) {
        call(Order.BREAK, out -> out.writeBoolean(broken));
    }

    /** The descriptors and shadow mappings the child holds. */
    public long resources() {
        return call(Order.RESOURCES, out -> {});
    }

    /** The bytes read from the device since this was asked last. */
    public long bytesFetched() {
        return call(Order.STATISTICS, out -> out.writeBoolean(false));
    }

    /** The bytes written to the device since this was asked last. */
    public long bytesFlushed() {
        return call(Order.STATISTICS, out -> out.writeBoolean(true));
    }

    private void span(Order order, Span span) {
        call(order, out -> Spans.write(out, span));
    }

    private long call(Order order, Arguments arguments) {
        long request = lastRequest.incrementAndGet();
        CompletableFuture<Long> answer = new CompletableFuture<>();
        open.put(request, answer);
        try {
            synchronized (orders) {
                orders.writeByte(order.ordinal());
                orders.writeLong(request);
                arguments.write(orders);
                orders.flush();
            }
            return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(order + ": " + e, e);
        }
    }

    private void readAnswers() {
        try (DataInputStream in = new DataInputStream(process.getInputStream())) {
            while (true) {
                CompletableFuture<Long> answer = Objects.requireNonNull(open.remove(in.readLong()));
                long value = in.readLong();
                String failure = in.readUTF();
                if (failure.isEmpty()) {
                    answer.complete(value);
                } else {
                    answer.completeExceptionally(new IllegalStateException(failure));
                }
            }
        } catch (IOException e) {
            open.values().forEach(answer -> answer.completeExceptionally(e));
        }
    }

    @Override
    public void close() throws Exception {
        process.destroyForcibly();
        process.waitFor();
    }
}
