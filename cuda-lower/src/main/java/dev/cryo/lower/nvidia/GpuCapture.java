package dev.cryo.lower.nvidia;

import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The contents of all devices, held for each of them somewhere. Thread-safe. */
final class GpuCapture implements LowerHalf.Capture {
    private final List<Part> parts;
    private final LowerHalf.DeviceState state;

    GpuCapture(List<Part> parts, LowerHalf.DeviceState state) {
        this.parts = List.copyOf(parts);
        this.state = state;
    }

    /** The contents of one device. Thread-safe. */
    interface Part extends AutoCloseable {
        Packing packing();

        void read(long address, MemorySegment into) throws IOException;

        @Override
        void close();
    }

    @Override
    public List<LowerHalf.Range> ranges() {
        return parts.stream()
                .flatMap(part -> part.packing().all().stream())
                .map(placed -> new LowerHalf.Range(placed.address(), placed.bytes()))
                .sorted((a, b) -> Long.compare(a.address(), b.address()))
                .toList();
    }

    @Override
    public LowerHalf.DeviceState state() {
        return state;
    }

    @Override
    public void read(long address, MemorySegment into) throws IOException {
        for (Part part : parts) {
            if (part.packing().has(address)) {
                part.read(address, into);
                return;
            }
        }
        throw new IOException(GpuMemory.range(address, into.byteSize()) + " were not captured");
    }

    @Override
    public void close() {
        parts.forEach(Part::close);
    }
}
