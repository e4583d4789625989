package dev.cryo.lower;

import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.image.Earlier;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.SectionWriter;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** What was captured of a lower half, and a copy of its page-locked memory where that was asked for. */
final class HeldCapture implements AutoCloseable {
    private final LowerHalf.Capture device;
    private final PageLocked pageLocked;

    private HeldCapture(LowerHalf.Capture device, PageLocked pageLocked) {
        this.device = device;
        this.pageLocked = pageLocked;
    }

    static HeldCapture of(LowerHalf lowerHalf, boolean pageLocked) throws IOException {
        PageLocked copy = PageLocked.copyOf(pageLocked ? lowerHalf.pageLocked() : List.of());
        try {
            return new HeldCapture(lowerHalf.capture(), copy);
        } catch (IOException | RuntimeException e) {
            copy.close();
            throw e;
        }
    }

    /** The size of the live device memory. */
    long deviceBytes() {
        return device.ranges().stream().mapToLong(LowerHalf.Range::bytes).sum();
    }

    /**
     * Writes everything.
     *
     * @param last the section of the device that was written last, if one was
     */
    void writeTo(SectionWriter writer, Optional<Section> last) throws IOException {
        Earlier earlier = new Earlier(last, device::isUnchanged);
        writer.memory(Section.DEVICE, device.ranges(), device::read, earlier);
        writer.record(Section.DEVICE_STATE, device.state());
        if (!pageLocked.ranges.isEmpty()) {
            writer.memory(Section.HOST_MEMORY, pageLocked.ranges, pageLocked::read);
        }
    }

    /** Tells the device that everything was written. */
    void stored() {
        device.stored();
    }

    @Override
    public void close() {
        try {
            device.close();
        } finally {
            pageLocked.close();
        }
    }

    /** A copy of page-locked memory, which is shared and so is not frozen by a fork. */
    private static final class PageLocked {
        private final Arena arena = Arena.ofShared();
        private final List<LowerHalf.Range> ranges;
        private final TreeMap<Long, MemorySegment> copies = new TreeMap<>();

        private PageLocked(List<LowerHalf.Range> ranges) {
            this.ranges = ranges;
        }

        static PageLocked copyOf(List<LowerHalf.Range> ranges) {
            PageLocked copy = new PageLocked(ranges);
            for (LowerHalf.Range range : ranges) {
                MemorySegment segment = copy.arena.allocate(range.bytes(), 64);
                segment.copyFrom(VirtualMemory.at(range.address(), range.bytes()));
                copy.copies.put(range.address(), segment);
            }
            return copy;
        }

        void read(long address, MemorySegment into) {
            var range = copies.floorEntry(address);
            into.copyFrom(range.getValue().asSlice(address - range.getKey(), into.byteSize()));
        }

        void close() {
            arena.close();
        }
    }
}
