package dev.cryo.lower.managed;

import dev.cryo.lower.ptx.PointerUse;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.uvm.device.DevicePages;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** A device that notes what it is asked for, and answers calls of chosen kinds only when it is told to. */
final class FakeUnifiedDevice implements UnifiedDevice {
    final List<String> events = new ArrayList<>();
    private final NavigableMap<Long, MemorySegment> memory = new TreeMap<>();
    private final List<Runnable> held = new ArrayList<>();
    private Predicate<Call> holding = call -> false;
    private boolean busy;
    private boolean outOfMemory;

    /** Answers the calls of a kind later, and does then what they ask for. */
    void hold(Predicate<Call> calls) {
        holding = calls;
    }

    /** Runs what follows work later. */
    void beBusy() {
        busy = true;
    }

    void answer() {
        List<Runnable> now = List.copyOf(held);
        held.clear();
        now.forEach(Runnable::run);
    }

    void haveNoMemory() {
        outOfMemory = true;
    }

    MemorySegment memory(long address) {
        return Objects.requireNonNull(memory.get(address));
    }

    @Override
    public void execute(Call call, Reply reply) {
        events.add(call.getClass().getSimpleName());
        if (holding.test(call)) {
            held.add(() -> executeNow(call, reply));
        } else {
            executeNow(call, reply);
        }
    }

    private void executeNow(Call call, Reply reply) {
        if (call instanceof Call.ManagedAlloc it) {
            if (outOfMemory) {
                reply.failed(CudaResult.OUT_OF_MEMORY);
                return;
            }
            memory.put(it.address(), Arena.ofAuto().allocate(it.mappedBytes()));
        } else if (call instanceof Call.ManagedFree it) {
            memory.remove(it.address());
        }
        reply.done(Call.Done.DONE);
    }

    @Override
    public DevicePages pages() {
        return new DevicePages() {
            @Override
            public MemorySegment read(long address, long bytes, MemorySegment buffer) throws IOException {
                events.add("read");
                return part(address, bytes);
            }

            @Override
            public void write(long address, MemorySegment contents) throws IOException {
                events.add("write");
                part(address, contents.byteSize()).copyFrom(contents);
            }
        };
    }

    private MemorySegment part(long address, long bytes) throws IOException {
        Map.Entry<Long, MemorySegment> at = memory.floorEntry(address);
        if (at == null || address + bytes > at.getKey() + at.getValue().byteSize()) {
            throw new IOException("not in live memory: 0x" + Long.toHexString(address));
        }
        return at.getValue().asSlice(address - at.getKey(), bytes);
    }

    @Override
    public void follow(long stream, Runnable code) {
        events.add("follow");
        if (busy) {
            held.add(code);
        } else {
            code.run();
        }
    }

    @Override
    public boolean has(long address) {
        return false;
    }

    /** Nothing is known of any kernel: each reaches everything. */
    @Override
    public Optional<PointerUse> pointers(long function) {
        return Optional.empty();
    }

    @Override
    public long managed(long function) {
        return 0;
    }

    @Override
    public void attach(HostSide host) {
        events.add("attach");
    }

    @Override
    public void detach() {
        events.add("detach");
    }

    @Override
    public String drain(Duration timeout) {
        return "";
    }

    @Override
    public Capture capture() throws IOException {
        events.add("capture");
        throw new IOException("this device cannot be captured");
    }

    @Override
    public void write(long address, MemorySegment contents) {
        throw new UnsupportedOperationException("write");
    }

    @Override
    public void restore(DeviceState state) {
        throw new UnsupportedOperationException("restore");
    }

    @Override
    public void close() {
        events.add("close");
    }
}
