package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.Box;
import dev.cryo.lower.ptx.memory.Absence;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongConsumer;

/**
 * All memory that copies and sets may touch, by its address in this process: device memory, page-locked memory and
 * staging memory. Every access is checked against what lives; an access outside is a {@link DeviceFault}. Thread-safe.
 */
final class AddressSpace {
    private static final MemorySegment MEMORY = VirtualMemory.everything();
    private static final long PIECE_BYTES = 1 << 20;

    private final MemoryMap accessible;
    private final HostMemory host;

    AddressSpace(MemoryMap accessible, HostMemory host) {
        this.accessible = accessible;
        this.host = host;
    }

    /** Copies a box that is not empty; rows that overlap in linear copies are copied as if by way of a buffer. */
    void copy(Call.Place source, Call.Place target, Box box) {
        long from = check(source, box, Absence::require);
        long to = check(target, box, Absence::replace);
        long width = box.width();
        long height = box.height();
        long depth = box.depth();
        if (height == 1 || source.pitch() == width && target.pitch() == width) {
            width *= height;
            height = 1;
        }
        if (height == 1 && (depth == 1 || source.slice() == width && target.slice() == width)) {
            width *= depth;
            depth = 1;
        }
        for (long z = 0; z < depth; z++) {
            for (long y = 0; y < height; y++) {
                move(
                        from + z * source.slice() + y * source.pitch(),
                        to + z * target.slice() + y * target.pitch(),
                        width);
            }
        }
    }

    /** Copies bytes as if by way of a buffer, in pieces, since the collector waits for each. */
    private static void move(long from, long to, long bytes) {
        boolean backwards = from < to;
        for (long done = 0; done < bytes; ) {
            long count = Math.min(PIECE_BYTES, bytes - done);
            long at = backwards ? bytes - done - count : done;
            MemorySegment.copy(MEMORY, from + at, MEMORY, to + at, count);
            done += count;
        }
    }

    /** Copies bytes of the heap. */
    void write(long address, byte[] data) {
        requireLive(address, data.length);
        bring(address, data.length, Absence::replace);
        MemorySegment.copy(data, 0, MEMORY, ValueLayout.JAVA_BYTE, address, data.length);
    }

    /** Sets {@code height} rows of {@code width} bytes to the low {@code elementBytes} of a value, over and over. */
    void set(long address, long pitch, int elementBytes, int value, long width, long height) {
        Box box = new Box(width, height, 1);
        Call.Place place = new Call.Place(Call.Space.DEVICE, address, pitch, 0);
        check(place, box, Absence::replace);
        boolean adjacent = pitch == width;
        for (long y = 0; y < (adjacent ? 1 : height); y++) {
            fill(MEMORY.asSlice(address + y * pitch, adjacent ? width * height : width), elementBytes, value);
        }
    }

    private static void fill(MemorySegment row, int elementBytes, int value) {
        int pattern = switch (elementBytes) {
            case 1 -> (value & 0xff) * 0x01010101;
            case 2 -> (value & 0xffff) * 0x00010001;
            default -> value;
        };
        long bytes = row.byteSize();
        if (pattern == (pattern & 0xff) * 0x01010101) {
            for (long at = 0; at < bytes; at += PIECE_BYTES) {
                row.asSlice(at, Math.min(PIECE_BYTES, bytes - at)).fill((byte) pattern);
            }
            return;
        }
        for (long at = 0; at < Math.min(bytes, 4); at++) {
            row.set(ValueLayout.JAVA_BYTE, at, (byte) (pattern >>> (8 * at)));
        }
        for (long done = 4; done < bytes; ) {
            long count = Math.min(Math.min(done, PIECE_BYTES), bytes - done);
            MemorySegment.copy(row, 0, row, done, count);
            done += count;
        }
    }

    /** Has memory brought that is about to be used. */
    private interface Use {
        void bring(Absence absence, long low, long end);
    }

    /** Checks a place, has it brought, and returns its address in this process. */
    private long check(Call.Place place, Box box, Use use) {
        long span = box.span(place);
        if (place.space() == Call.Space.STAGING) {
            MemorySegment staging = host.host().staging();
            if (place.address() < 0 || place.address() > staging.byteSize() - span) {
                throw new DeviceFault(CudaResult.ILLEGAL_ADDRESS, "bytes " + place.address() + " to "
                        + (place.address() + span) + " of " + staging.byteSize() + " bytes of staging memory");
            }
            return staging.address() + place.address();
        }
        if (!isLive(place.address(), span)) {
            eachRow(place, box, address -> requireLive(address, box.width()));
        }
        if (accessible.absence() != null) {
            if (box.isContiguous(place)) {
                bring(place.address(), span, use);
            } else {
                eachRow(place, box, address -> bring(address, box.width(), use));
            }
        }
        return place.address();
    }

    private static void eachRow(Call.Place place, Box box, LongConsumer row) {
        for (long z = 0; z < box.depth(); z++) {
            for (long y = 0; y < box.height(); y++) {
                row.accept(place.address() + z * place.slice() + y * place.pitch());
            }
        }
    }

    private void bring(long address, long bytes, Use use) {
        Absence absence = accessible.absence();
        if (absence != null) {
            use.bring(absence, address, address + bytes);
        }
    }

    private void requireLive(long address, long bytes) {
        if (!isLive(address, bytes)) {
            throw new DeviceFault(
                    CudaResult.ILLEGAL_ADDRESS, DeviceMemory.range(address, bytes) + " are not in live memory");
        }
    }

    private boolean isLive(long address, long bytes) {
        MemoryMap.Snapshot now = accessible.snapshot();
        int at = now.find(address);
        return at >= 0 && bytes <= now.end(at) - address;
    }
}
