package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.Box;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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
        long from = check(source, box);
        long to = check(target, box);
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
        MemorySegment.copy(data, 0, MEMORY, ValueLayout.JAVA_BYTE, address, data.length);
    }

    /** Sets {@code height} rows of {@code width} bytes to the low {@code elementBytes} of a value, over and over. */
    void set(long address, long pitch, int elementBytes, int value, long width, long height) {
        Box box = new Box(width, height, 1);
        Call.Place place = new Call.Place(Call.Space.DEVICE, address, pitch, 0);
        check(place, box);
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

    /** Checks a place and returns its address in this process. */
    private long check(Call.Place place, Box box) {
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
            for (long z = 0; z < box.depth(); z++) {
                for (long y = 0; y < box.height(); y++) {
                    requireLive(place.address() + z * place.slice() + y * place.pitch(), box.width());
                }
            }
        }
        return place.address();
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
