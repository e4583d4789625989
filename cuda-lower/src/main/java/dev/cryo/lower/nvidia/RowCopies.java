package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.Box;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts copies into the shapes that the driver has: lines, or rows whose slices are a whole number of rows apart. The
 * context must be current. It belongs to the thread that executes calls.
 */
final class RowCopies {
    private static final long LARGEST_PITCH = Integer.MAX_VALUE;
    private static final long BUFFER_BYTES = 4 << 20;

    private final CudaDriver driver;
    private final Marks marks;
    private final Map<GpuContext, Buffer> buffers = new ConcurrentHashMap<>();

    RowCopies(CudaDriver driver, Marks marks) {
        this.driver = driver;
        this.marks = marks;
    }

    /** Device memory that one stream after the other uses. */
    private static final class Buffer {
        final long address;
        @Nullable Mark last;

        Buffer(long address) {
            this.address = address;
        }
    }

    /** One end of a copy. */
    record End(boolean onDevice, long address, long pitch, long slice) {
        End at(long offset) {
            return new End(onDevice, address + offset, pitch, slice);
        }

        /** Whether the driver can have rows of a box so. */
        boolean fits(Box box) {
            boolean rows = pitch >= box.width() && pitch <= LARGEST_PITCH;
            return rows && (box.depth() == 1 || slice % pitch == 0 && slice / pitch >= box.height());
        }

        CudaDriver.Side side(Box box) {
            return new CudaDriver.Side(onDevice, address, pitch, box.depth() == 1 ? box.height() : slice / pitch);
        }
    }

    /** Copies a box that is not empty; what overlaps in lines is copied as if by way of a buffer. */
    void copy(End source, End target, Box box, GpuStream stream) throws DriverException {
        if (box.height() == 1 && box.depth() > 1) {
            // Slices of one row are rows.
            End from = new End(source.onDevice, source.address, source.slice, 0);
            End to = new End(target.onDevice, target.address, target.slice, 0);
            copy(from, to, new Box(box.width(), box.depth(), 1), stream);
        } else if (source.pitch == box.width() && target.pitch == box.width() && box.height() > 1) {
            // Rows that touch are one row.
            copy(source, target, new Box(box.width() * box.height(), 1, box.depth()), stream);
        } else if (box.height() == 1) {
            line(source, target, box.width(), stream);
        } else if (source.fits(box) && target.fits(box)) {
            driver.copy(
                    source.side(box), target.side(box), box.width(), box.height(), box.depth(), stream.handle);
        } else if (box.depth() > 1) {
            Box one = new Box(box.width(), box.height(), 1);
            for (long z = 0; z < box.depth(); z++) {
                copy(source.at(z * source.slice), target.at(z * target.slice), one, stream);
            }
        } else {
            for (long y = 0; y < box.height(); y++) {
                line(source.at(y * source.pitch), target.at(y * target.pitch), box.width(), stream);
            }
        }
    }

    private void line(End source, End target, long bytes, GpuStream stream) throws DriverException {
        long distance = Math.abs(target.address - source.address);
        if (distance >= bytes || source.onDevice != target.onDevice) {
            copy(source, target, source.address, target.address, bytes, stream);
        } else if (distance > 0) {
            overlapping(source, target, bytes, stream);
        }
    }

    private void copy(End source, End target, long from, long to, long bytes, GpuStream stream)
            throws DriverException {
        if (source.onDevice && target.onDevice) {
            driver.copyOnDevice(to, from, bytes, stream.handle);
        } else if (source.onDevice) {
            driver.copyToHost(to, from, bytes, stream.handle);
        } else if (target.onDevice) {
            driver.copyToDevice(to, from, bytes, stream.handle);
        } else {
            driver.copy(to, from, bytes, stream.handle);
        }
    }

    /** In pieces by way of a buffer, from the end that is not overwritten before it is read. */
    private void overlapping(End source, End target, long bytes, GpuStream stream) throws DriverException {
        Buffer buffer = buffer(stream.context);
        Mark before = buffer.last;
        if (before != null) {
            driver.await(stream.handle, before.event);
        }
        End between = new End(true, buffer.address, 0, 0);
        boolean backwards = source.address < target.address;
        for (long done = 0; done < bytes; ) {
            long count = Math.min(BUFFER_BYTES, bytes - done);
            long at = backwards ? bytes - done - count : done;
            copy(source, between, source.address + at, between.address, count, stream);
            copy(between, target, between.address, target.address + at, count, stream);
            done += count;
        }
        buffer.last = marks.record(stream);
        if (before != null) {
            marks.release(before);
        }
    }

    private Buffer buffer(GpuContext context) throws DriverException {
        Buffer known = buffers.get(context);
        if (known == null) {
            known = new Buffer(driver.allocate(BUFFER_BYTES));
            buffers.put(context, known);
        }
        return known;
    }

    /** Frees what was used for a context, which must be current and without work; for any thread. */
    void end(GpuContext context) throws DriverException {
        Buffer buffer = buffers.remove(context);
        if (buffer != null) {
            driver.free(buffer.address);
        }
    }

    /** Forgets what was used for a context that has ended. */
    void forget(GpuContext context) {
        buffers.remove(context);
    }
}
