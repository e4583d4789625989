package dev.cryo.lower.nvidia.simulated;

import static dev.cryo.lower.nvidia.simulated.Requirements.require;

import dev.cryo.lower.nvidia.driver.CudaDriver.Side;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Copies and sets: what of them is refused at once, and what is done later. Device and page-locked memory is looked at
 * when the operation is begun again, as a device would; pageable memory is not, as a driver would not.
 */
final class Copies {
    /** Pageable sources up to this size have been read when the function returns; larger ones are read later. */
    private static final long READ_AT_ONCE = 64 << 10;

    private static final long MAX_PITCH = Integer.MAX_VALUE;
    private static final MemorySegment MEMORY = VirtualMemory.everything();

    private final MemoryMap accessible;
    private final DeviceMemory device;
    private final HostMemory host;

    Copies(MemoryMap accessible, DeviceMemory device, HostMemory host) {
        this.accessible = accessible;
        this.device = device;
        this.host = host;
    }

    /**
     * What is left to do.
     *
     * @param waited whether the function returns after it, as for pageable targets
     */
    record Transfer(Runnable operation, boolean waited) {}

    private record Box(long width, long height, long depth) {
        boolean isEmpty() {
            return width == 0 || height == 0 || depth == 0;
        }

        long span(Side side) {
            return (depth - 1) * side.pitch() * side.rows() + (height - 1) * side.pitch() + width;
        }
    }

    static Side linear(boolean onDevice, long address) {
        return new Side(onDevice, address, 0, 0);
    }

    /** A copy whose sides are known by their addresses. */
    Transfer copy(long source, long target, long bytes) throws DriverException {
        return copy(linear(device.has(source), source), linear(device.has(target), target), bytes, 1, 1);
    }

    Transfer copy(Side from, Side to, long width, long height, long depth) throws DriverException {
        require(width >= 0 && height >= 0 && depth >= 0, "a box of %d x %d x %d".formatted(width, height, depth));
        Box box = new Box(width, height, depth);
        if (box.isEmpty()) {
            return new Transfer(() -> {}, false);
        }
        Side source = complete(from, box);
        Side target = complete(to, box);
        boolean sourceIsKnown = check(source, box);
        boolean targetIsKnown = check(target, box);
        if (!sourceIsKnown && width * height * depth <= READ_AT_ONCE) {
            MemorySegment packed = Arena.ofAuto().allocate(width * height * depth);
            Side read = new Side(false, packed.address(), width, height);
            move(source, read, box);
            return new Transfer(
                    () -> {
                        begin(target, targetIsKnown, box);
                        move(read, target, box);
                        packed.isAccessibleBy(Thread.currentThread()); // It is reachable until here.
                    },
                    !targetIsKnown);
        }
        return new Transfer(
                () -> {
                    begin(source, sourceIsKnown, box);
                    begin(target, targetIsKnown, box);
                    move(source, target, box);
                },
                !targetIsKnown);
    }

    private static Side complete(Side side, Box box) throws DriverException {
        long pitch = side.pitch() == 0 ? box.width() : side.pitch();
        long rows = side.rows() == 0 ? box.height() : side.rows();
        boolean linear = box.height() == 1 && box.depth() == 1;
        require(pitch >= box.width() && (linear || pitch <= MAX_PITCH) && rows >= box.height(),
                side + " for a box of " + box);
        return new Side(side.onDevice(), side.address(), pitch, rows);
    }

    /** Whether the memory is of the device or page-locked; refuses device memory that is not accessible. */
    private boolean check(Side side, Box box) throws DriverException {
        long bytes = box.span(side);
        if (side.onDevice()) {
            require(isAccessible(side.address(), bytes),
                    DeviceMemory.range(side.address(), bytes) + " are not memory of the device");
            return true;
        }
        require(!device.has(side.address()), "0x" + Long.toHexString(side.address()) + " is no memory of the host");
        return host.isLocked(side.address(), bytes);
    }

    private void begin(Side side, boolean known, Box box) {
        if (known) {
            requireAccessible(side.address(), box.span(side));
        }
    }

    private static void move(Side from, Side to, Box box) {
        for (long z = 0; z < box.depth(); z++) {
            for (long y = 0; y < box.height(); y++) {
                MemorySegment.copy(
                        MEMORY, from.address() + (z * from.rows() + y) * from.pitch(),
                        MEMORY, to.address() + (z * to.rows() + y) * to.pitch(),
                        box.width());
            }
        }
    }

    Runnable set(long address, long pitch, int elementBytes, int value, long width, long height)
            throws DriverException {
        require(elementBytes == 1 || elementBytes == 2 || elementBytes == 4, elementBytes + " bytes of an element");
        require(width >= 0 && height >= 0, "a set of %d x %d".formatted(width, height));
        long rowBytes = width * elementBytes;
        long step = height == 1 ? rowBytes : pitch;
        require(address % elementBytes == 0 && step % elementBytes == 0 && step >= rowBytes,
                "a set of elements of %d bytes at 0x%x with pitch %d".formatted(elementBytes, address, pitch));
        if (width == 0 || height == 0) {
            return () -> {};
        }
        long bytes = (height - 1) * step + rowBytes;
        require(isAccessible(address, bytes), DeviceMemory.range(address, bytes) + " are not memory of the device");
        return () -> {
            requireAccessible(address, bytes);
            for (long y = 0; y < height; y++) {
                fill(VirtualMemory.at(address + y * step, rowBytes), elementBytes, value);
            }
        };
    }

    private static void fill(MemorySegment row, int elementBytes, int value) {
        for (int i = 0; i < elementBytes; i++) {
            row.set(ValueLayout.JAVA_BYTE, i, (byte) (value >>> (8 * i)));
        }
        for (long done = elementBytes; done < row.byteSize(); ) {
            long count = Math.min(done, row.byteSize() - done);
            MemorySegment.copy(row, 0, row, done, count);
            done += count;
        }
    }

    private void requireAccessible(long address, long bytes) {
        if (!isAccessible(address, bytes)) {
            throw new DeviceFault(
                    CudaResult.ILLEGAL_ADDRESS, DeviceMemory.range(address, bytes) + " are no longer accessible");
        }
    }

    private boolean isAccessible(long address, long bytes) {
        MemoryMap.Snapshot now = accessible.snapshot();
        long at = address;
        while (at < address + bytes) {
            int found = now.find(at);
            if (found < 0) {
                return false;
            }
            at = now.end(found);
        }
        return true;
    }
}
