package dev.cryo.upper.fake;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A device that executes every call at once. A kernel's name gives the sizes of its parameters: {@code k_4_8} has two.
 * A module's image of "bad" is invalid, one that is a number has so many bytes of globals, and one that is ".managed"
 * and a number so many of managed variables, of which "managed" is the first; more than a million are invalid.
 * Launching {@code fault} makes the context faulted by an illegal address.
 */
public final class FakeDevice implements LowerHalf {
    /** The memory that it says to have. */
    public static final long TOTAL_BYTES = 64L << 20;

    private static final long SLAB = 2 << 20;

    private final List<Call> calls = new ArrayList<>();
    private final Map<Long, Long> globals = new HashMap<>();
    private final Map<Long, Long> managed = new HashMap<>();
    private final TreeMap<Long, MemorySegment> memory = new TreeMap<>();
    private final Map<Long, String> functions = new HashMap<>();
    private final Map<Long, Integer> errors = new HashMap<>();
    private final Map<Long, Long> contextOfStream = new HashMap<>();
    private final List<Reply> held = new ArrayList<>();
    private boolean holding;
    private long takenUpTo;
    private int shadowRefusals;
    private @Nullable HostSide host;

    /** All calls so far, but those that only ask. */
    public synchronized List<Call> calls() {
        return calls.stream()
                .filter(call -> !(call instanceof Call.DriverInfo || call instanceof Call.DeviceInfo))
                .toList();
    }

    /** The last call. */
    public synchronized Call last() {
        return calls.getLast();
    }

    /** Forgets the calls so far. */
    public synchronized void forget() {
        calls.clear();
    }

    /** Makes a context faulted. */
    public void fault(long context, int code) {
        synchronized (this) {
            errors.put(context, code);
        }
        side().faulted();
    }

    /** Whether synchronisation with a context waits until it is no longer held. */
    public void hold(boolean on) {
        List<Reply> over = new ArrayList<>();
        synchronized (this) {
            holding = on;
            if (!on) {
                over.addAll(held);
                held.clear();
            }
        }
        over.forEach(reply -> reply.done(Call.Done.DONE));
    }

    /** Makes device memory below an address impossible to map. */
    public synchronized void take(long upTo) {
        takenUpTo = upTo;
    }

    /** Makes it unable to take over so many shadows of unified memory. */
    public synchronized void refuseShadows(int count) {
        shadowRefusals = count;
    }

    /** How many calls are held. */
    public synchronized int held() {
        return held.size();
    }

    @Override
    public void attach(HostSide side) {
        host = side;
    }

    @Override
    public void detach() {
        host = null;
    }

    private HostSide side() {
        return Objects.requireNonNull(host, "not attached");
    }

    @Override
    public synchronized void execute(Call call, Reply reply) {
        calls.add(call);
        if (holding && call instanceof Call.CtxSync) {
            held.add(reply);
            return;
        }
        Object answer = answer(call);
        if (answer instanceof Integer code) {
            reply.failed(code);
        } else {
            reply.done((Record) answer);
        }
    }

    private Object answer(Call call) {
        switch (call) {
            case Call.DriverInfo it -> {
                return new Call.DriverInfo.Result(2, 13000);
            }
            case Call.DeviceInfo it -> {
                String name = "Fake " + it.device();
                return new Call.DeviceInfo.Result(name, TOTAL_BYTES, FakeAttributes.of(it.device()), new byte[16]);
            }
            case Call.MemInfo it -> {
                long used = memory.values().stream().mapToLong(MemorySegment::byteSize).sum();
                return new Call.MemInfo.Result(TOTAL_BYTES - used, TOTAL_BYTES);
            }
            case Call.CtxCreate it -> contextOfStream.put(it.defaultStream(), it.context());
            case Call.StreamCreate it -> contextOfStream.put(it.stream(), it.context());
            case Call.CtxDestroy it -> errors.remove(it.context());
            case Call.CtxStatus it -> {
                return outcome(it.context());
            }
            case Call.CtxSync it -> {
                return outcome(it.context());
            }
            case Call.StreamSync it -> {
                return outcome(contextOf(it.stream()));
            }
            case Call.ModuleLoad it -> {
                return new String(it.image(), StandardCharsets.UTF_8).equals("bad")
                        ? (Object) CudaResult.INVALID_PTX
                        : module(it);
            }
            case Call.ModuleMeasure it -> {
                return new Call.ModuleMeasure.Result(managedBytes(it.image()));
            }
            case Call.ModuleLoadManaged it -> {
                managed.put(it.module(), it.managedAt());
                return managedBytes(it.image()) > 1_000_000 ? (Object) CudaResult.INVALID_PTX : module(it.plain());
            }
            case Call.ModuleUnload it -> memory.remove(globals.remove(it.module()));
            case Call.FunctionGet it -> {
                functions.put(it.function(), it.name());
                return it.name().equals("missing") ? (Object) CudaResult.NOT_FOUND : facts(it.name());
            }
            case Call.GlobalGet it -> {
                if (it.name().equals("managed")) {
                    return new Call.GlobalGet.Result(Objects.requireNonNull(managed.get(it.module())), 4);
                }
                return it.name().equals("global")
                        ? new Call.GlobalGet.Result(Objects.requireNonNull(globals.get(it.module())), 256)
                        : (Object) CudaResult.NOT_FOUND;
            }
            case Call.MemMap it -> {
                if (it.address() < takenUpTo) {
                    return CudaResult.OPERATING_SYSTEM;
                }
                memory.put(it.address(), MemorySegment.ofArray(new byte[(int) it.bytes()]));
            }
            case Call.ManagedOpen it -> {
                return shadowRefusals-- > 0 ? (Object) CudaResult.OPERATING_SYSTEM : Call.Done.DONE;
            }
            case Call.ManagedAlloc it ->
                memory.put(it.address(), MemorySegment.ofArray(new byte[(int) it.mappedBytes()]));
            case Call.ManagedFree it -> memory.remove(it.address());
            case Call.MemUnmap it -> memory.remove(it.address());
            case Call.MemSet it -> set(it);
            case Call.MemWrite it ->
                at(new Call.Place(Call.Space.DEVICE, it.address(), 0, 0), 0, it.data().length)
                        .copyFrom(MemorySegment.ofArray(it.data()));
            case Call.Copy it -> copy(it);
            case Call.EventElapsed it -> {
                return new Call.EventElapsed.Result(2_500_000);
            }
            case Call.Launch it -> {
                if (Objects.equals(functions.get(it.function()), "fault")) {
                    errors.put(contextOf(it.stream()), CudaResult.ILLEGAL_ADDRESS);
                    side().faulted();
                }
            }
            default -> {
                // Has no effect that could be seen.
            }
        }
        return Call.Done.DONE;
    }

    private long contextOf(long stream) {
        return Objects.requireNonNull(contextOfStream.get(stream));
    }

    private Object outcome(long context) {
        Integer error = errors.get(context);
        return error == null ? Call.Done.DONE : error;
    }

    private static long managedBytes(byte[] image) {
        String text = new String(image, StandardCharsets.UTF_8);
        return text.startsWith(".managed ") ? Long.parseLong(text.substring(9)) : 0;
    }

    private Object module(Call.ModuleLoad call) {
        String text = new String(call.image(), StandardCharsets.UTF_8);
        int bytes = text.matches("\\d+") ? Integer.parseInt(text) : 256;
        long at = call.globalsAt();
        for (Map.Entry<Long, MemorySegment> taken : memory.tailMap(at).entrySet()) {
            long end = taken.getKey() + taken.getValue().byteSize();
            at = taken.getKey() < at + bytes ? (end + SLAB - 1) / SLAB * SLAB : at;
        }
        memory.put(at, MemorySegment.ofArray(new byte[bytes]));
        globals.put(call.module(), at);
        return new Call.ModuleLoad.Result(at, bytes, "compiled");
    }

    private static Call.FunctionGet.Result facts(String name) {
        String[] parts = name.split("_");
        int[] sizes = new int[parts.length - 1];
        int[] offsets = new int[sizes.length];
        int at = 0;
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = Integer.parseInt(parts[i + 1]);
            int alignment = Math.min(8, Integer.highestOneBit(sizes[i]));
            offsets[i] = (at + alignment - 1) / alignment * alignment;
            at = offsets[i] + sizes[i];
        }
        return new Call.FunctionGet.Result(offsets, sizes, at, 1024, 0, 0, 32, 512, 75, 75);
    }

    private void set(Call.MemSet call) {
        for (long row = 0; row < call.height(); row++) {
            MemorySegment target = at(
                    new Call.Place(Call.Space.DEVICE, call.address(), call.pitch(), 0),
                    row * call.pitch(),
                    call.width() * call.elementBytes());
            for (long i = 0; i < target.byteSize(); i++) {
                int shift = (int) (i % call.elementBytes()) * 8;
                target.set(ValueLayout.JAVA_BYTE, i, (byte) (call.value() >> shift));
            }
        }
    }

    private void copy(Call.Copy call) {
        for (long slice = 0; slice < call.depth(); slice++) {
            for (long row = 0; row < call.height(); row++) {
                Call.Place from = call.source();
                Call.Place to = call.target();
                at(to, slice * to.slice() + row * to.pitch(), call.width())
                        .copyFrom(at(from, slice * from.slice() + row * from.pitch(), call.width()));
            }
        }
        if (call.source().space() == Call.Space.STAGING) {
            side().releaseStaging(call.source().address(), call.width() * call.height());
        }
    }

    private MemorySegment at(Call.Place place, long offset, long bytes) {
        long address = place.address() + offset;
        return switch (place.space()) {
            case STAGING -> side().staging().asSlice(address, bytes);
            case HOST -> MemorySegment.ofAddress(address).reinterpret(bytes);
            case DEVICE -> {
                Map.Entry<Long, MemorySegment> below = Objects.requireNonNull(memory.floorEntry(address));
                yield below.getValue().asSlice(address - below.getKey(), bytes);
            }
        };
    }

    @Override
    public String drain(Duration timeout) {
        return "";
    }

    @Override
    public Capture capture() {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Range> pageLocked() {
        return List.of();
    }

    @Override
    public void write(long address, MemorySegment contents) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void restore(DeviceState state) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        memory.clear();
    }
}
