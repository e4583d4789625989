package dev.cryo.lower.contract;

import dev.cryo.lower.managed.UnifiedDevice;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** A device and the least of an upper half that drives it: one context, staging memory, answers that are waited for. */
public final class DeviceRig implements LowerHalf.HostSide, AutoCloseable {
    private static final String WAIT = """
            .version 7.0
            .target sm_70
            .address_size 64
            .visible .entry wait(.param .u64 flag) {
                .reg .b32 %r;
                .reg .b64 %d;
                .reg .pred %p;
                ld.param.u64 %d, [flag];
            L:  ld.volatile.global.u32 %r, [%d];
                setp.eq.u32 %p, %r, 0;
                @%p bra L;
                ret;
            }
            """;

    /** The first address of device memory. */
    public static final long BASE = 0x1000_0000_0000L;

    /** The context and its default stream. */
    public static final long CONTEXT = 1;

    /** The default stream of the context. */
    public static final long DEFAULT = 2;

    private static final long HOLDING = 900_000;
    private static final Duration LONGEST_HOLD = Duration.ofSeconds(25);
    private static final VarHandle FLAG = ValueLayout.JAVA_INT.varHandle();

    public final UnifiedDevice device;
    private final List<LowerHalf.Range> released = Collections.synchronizedList(new ArrayList<>());
    public final AtomicInteger faults = new AtomicInteger();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment staging = arena.allocate(8 << 20, 4096);
    private final MemorySegment flags = arena.allocate(4096, 4096);
    private final List<Hold> holds = new ArrayList<>();

    /** Over a device, which is closed with this; there is no context yet. */
    public DeviceRig(UnifiedDevice device) throws IOException {
        this.device = device;
        device.attach(this);
    }

    /** Over a device, with a context. */
    public static DeviceRig withContext(UnifiedDevice device) throws IOException {
        DeviceRig rig = new DeviceRig(device);
        rig.createContext();
        return rig;
    }

    /** Makes the context. */
    public void createContext() {
        call(new Call.CtxCreate(CONTEXT, DEFAULT, 0, 0, false));
    }

    /** Executes a call whose caller does not wait; returns its error code. */
    public int queue(Call.Queued call) {
        return outcome(call).code();
    }

    /** Executes a call and waits for its answer. */
    public <R extends Record> R call(Call.Blocking<R> call) {
        Outcome outcome = outcome(call);
        if (outcome.code() != CudaResult.SUCCESS) {
            throw new AssertionError(call + " failed with " + outcome.code());
        }
        @SuppressWarnings("unchecked")
        R result = (R) outcome.result();
        return result;
    }

    /** Executes a call and waits for its error code. */
    public int code(Call call) {
        return outcome(call).code();
    }

    /** Starts a call. */
    public CompletableFuture<Outcome> start(Call call) {
        CompletableFuture<Outcome> future = new CompletableFuture<>();
        device.execute(call, new LowerHalf.Reply() {
            @Override
            public void done(Record result) {
                if (!future.complete(new Outcome(CudaResult.SUCCESS, result))) {
                    throw new AssertionError(call + " was answered twice");
                }
            }

            @Override
            public void failed(int code) {
                if (!future.complete(new Outcome(code, Call.Done.DONE))) {
                    throw new AssertionError(call + " was answered twice");
                }
            }
        });
        return future;
    }

    private Outcome outcome(Call call) {
        try {
            return start(call).get(30, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(call + ": " + device, e);
        }
    }

    /** Waits for the error code of a call that was started. */
    public int code(CompletableFuture<Outcome> started) {
        try {
            return started.get(30, TimeUnit.SECONDS).code();
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(device.toString(), e);
        }
    }

    /** Makes memory at an offset from {@link #BASE}. */
    public long map(long offset, long bytes) {
        call(new Call.MemMap(BASE + offset, CONTEXT, bytes));
        return BASE + offset;
    }

    /** Copies from the heap by way of staging memory. */
    public void upload(long stream, long address, byte[] data) {
        MemorySegment.copy(data, 0, staging, ValueLayout.JAVA_BYTE, 0, data.length);
        queue(new Call.Copy(
                stream,
                Call.Place.linear(Call.Space.STAGING, 0),
                Call.Place.linear(Call.Space.DEVICE, address),
                data.length,
                1,
                1));
        call(new Call.StreamSync(stream));
    }

    /** Waits for a stream and copies from device memory. */
    public byte[] download(long stream, long address, int bytes) {
        queue(new Call.Copy(
                stream,
                Call.Place.linear(Call.Space.DEVICE, address),
                Call.Place.linear(Call.Space.STAGING, 4 << 20),
                bytes,
                1,
                1));
        call(new Call.StreamSync(stream));
        return staging.asSlice(4 << 20, bytes).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Waits until so many staging areas have been released; returns all that have been. */
    public List<LowerHalf.Range> released(int count) {
        // Whoever waits for the copies may be answered before.
        for (long end = System.nanoTime() + 5_000_000_000L; released.size() < count && System.nanoTime() < end; ) {
            Thread.onSpinWait();
        }
        synchronized (released) {
            return List.copyOf(released);
        }
    }

    /** Reads device memory past all streams, which must have done their work. */
    public MemorySegment read(long address, long bytes) {
        try {
            return device.pages().read(address, bytes, arena.allocate(bytes, 4096));
        } catch (IOException e) {
            throw new AssertionError(bytes + " bytes at 0x" + Long.toHexString(address), e);
        }
    }

    /** Reads an int past all streams. */
    public int readInt(long address) {
        return read(address, 4).get(ValueLayout.JAVA_INT, 0);
    }

    /** A stream that is held up by a kernel, which looks at a flag in page-locked memory. */
    public final class Hold implements AutoCloseable {
        private final long at;
        /** Lets a test fail, and not hang, whose thread waits in the driver for what it holds itself. */
        private final Thread guard;

        private Hold(long at) {
            this.at = at;
            guard = Thread.ofVirtual().start(() -> {
                try {
                    Thread.sleep(LONGEST_HOLD);
                    FLAG.setVolatile(flags, at, 1);
                } catch (InterruptedException e) {
                    // It was released.
                }
            });
        }

        /** Lets the stream go on, if it is still held. */
        @Override
        public void close() {
            FLAG.setVolatile(flags, at, 1);
            guard.interrupt();
        }
    }

    /** Holds a stream up, until released: what is queued there next is not done. */
    public Hold hold(long stream) {
        if (holds.isEmpty()) {
            byte[] text = WAIT.getBytes(StandardCharsets.US_ASCII);
            call(new Call.HostAlloc(flags.address(), CONTEXT, flags.byteSize(), 0, 3));
            call(new Call.ModuleLoad(HOLDING, CONTEXT, text, 0x1a00_0000_0000L, 0));
            call(new Call.FunctionGet(HOLDING + 1, HOLDING, "wait"));
        }
        Hold hold = new Hold(4L * holds.size());
        holds.add(hold);
        byte[] parameters = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(flags.address() + hold.at)
                .array();
        queue(new Call.Launch(HOLDING + 1, stream, 1, 1, 1, 1, 1, 1, 0, parameters));
        return hold;
    }

    @Override
    public MemorySegment staging() {
        return staging;
    }

    @Override
    public void releaseStaging(long offset, long bytes) {
        released.add(new LowerHalf.Range(offset, bytes));
    }

    @Override
    public void mapHost(long address, long bytes, int descriptor) {
        // The tests' page-locked memory is in this process.
    }

    @Override
    public void unmapHost(long address, long bytes) {
        // As above.
    }

    @Override
    public void faulted() {
        faults.incrementAndGet();
    }

    @Override
    public void close() {
        holds.forEach(Hold::close);
        device.close();
        arena.close();
    }

    /** How a call ended. */
    public record Outcome(int code, Record result) {}
}
