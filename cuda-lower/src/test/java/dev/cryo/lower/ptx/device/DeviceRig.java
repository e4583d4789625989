package dev.cryo.lower.ptx.device;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A device and the least of an upper half that drives it: one context, staging memory, answers that are waited for. */
public final class DeviceRig implements LowerHalf.HostSide, AutoCloseable {
    /** The first address of device memory. */
    public static final long BASE = 0x1000_0000_0000L;

    /** The context and its default stream. */
    public static final long CONTEXT = 1;

    /** The default stream of the context. */
    public static final long DEFAULT = 2;

    public final PtxDevice device;
    public final List<LowerHalf.Range> released = Collections.synchronizedList(new ArrayList<>());
    public final AtomicInteger faults = new AtomicInteger();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment staging = arena.allocate(8 << 20, 4096);

    public DeviceRig() throws Exception {
        this(new PtxDevice(1L << 30));
        call(new Call.CtxCreate(CONTEXT, DEFAULT, 0, 0, false));
    }

    public DeviceRig(PtxDevice device) throws Exception {
        this.device = device;
        device.attach(this);
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
        } catch (Exception e) {
            throw new AssertionError(call + ": " + device, e);
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

    /** Looks at device memory behind the device's back. */
    public static MemorySegment peek(long address, long bytes) {
        return VirtualMemory.at(address, bytes);
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
        device.close();
        arena.close();
    }

    /** How a call ended. */
    public record Outcome(int code, Record result) {}
}
