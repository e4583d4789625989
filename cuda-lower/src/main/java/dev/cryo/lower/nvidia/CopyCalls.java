package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.Box;
import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.nvidia.Completions.Urgency;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Executes the calls that copy and set memory. It belongs to the thread that executes calls.
 *
 * <p>What lies outside live memory is refused before the driver sees it, with the error that a kernel would meet.
 */
final class CopyCalls {
    /** What is not larger has been read when the driver returns, though it is not page-locked. */
    private static final int INLINE_BYTES = 64 << 10;

    /** The most that is set by one call of the driver. */
    private static final long SET_BYTES = 1L << 30;

    private final CudaDriver driver;
    private final GpuObjects objects;
    private final Current current;
    private final GpuMemory memory;
    private final HostMemory host;
    private final Marks marks;
    private final Completions completions;
    private final RowCopies rows;
    private final Constants constants;
    private final MemorySegment inline = Arena.ofAuto().allocate(INLINE_BYTES, 64);

    CopyCalls(
            CudaDriver driver,
            GpuObjects objects,
            Current current,
            GpuMemory memory,
            HostMemory host,
            Marks marks,
            Completions completions,
            RowCopies rows,
            Constants constants) {
        this.driver = driver;
        this.objects = objects;
        this.current = current;
        this.memory = memory;
        this.host = host;
        this.marks = marks;
        this.completions = completions;
        this.rows = rows;
        this.constants = constants;
    }

    void copy(Call.Copy call) throws RefusedException, DriverException {
        GpuStream stream = objects.stream(call.stream());
        Box box = new Box(call.width(), call.height(), call.depth());
        if (!box.fits(call.source()) || !box.fits(call.target())) {
            throw new RefusedException(CudaResult.INVALID_VALUE, call + " has no possible size");
        }
        if (box.isEmpty()) {
            return;
        }
        if (stream.context.isFaulted()) {
            releaseStaging(call);
            return;
        }
        RowCopies.End source = end(call.source(), box);
        RowCopies.End target = end(call.target(), box);
        current.dispatch(stream.context);
        stream.use();
        rows.copy(source, target, box, stream);
        if (call.target().space() == Call.Space.DEVICE) {
            constants.follow(stream, call.target().address(), box.span(call.target()));
        }
        if (call.source().space() == Call.Space.STAGING) {
            completions.after(stream, marks.record(stream), Urgency.SOON, code -> releaseStaging(call));
        }
    }

    /** Tells that the staging source of a copy, if it has one, was read or is not going to be. */
    void releaseStaging(Call.Copy call) {
        Box box = new Box(call.width(), call.height(), call.depth());
        LowerHalf.HostSide side = host.hostOrNull();
        if (call.source().space() == Call.Space.STAGING && side != null && box.fits(call.source()) && !box.isEmpty()) {
            side.releaseStaging(call.source().address(), box.span(call.source()));
        }
    }

    private RowCopies.End end(Call.Place place, Box box) throws RefusedException {
        long span = box.span(place);
        return switch (place.space()) {
            case STAGING -> {
                MemorySegment staging = host.host().staging();
                require(place.address() >= 0 && place.address() <= staging.byteSize() - span, place.address(), span);
                yield new RowCopies.End(false, staging.address() + place.address(), place.pitch(), place.slice());
            }
            case HOST -> {
                requireLive(place, box, span);
                yield new RowCopies.End(false, place.address(), place.pitch(), place.slice());
            }
            case DEVICE -> {
                requireLive(place, box, span);
                yield new RowCopies.End(true, place.address(), place.pitch(), place.slice());
            }
        };
    }

    private void requireLive(Call.Place place, Box box, long span) throws RefusedException {
        if (isLive(place.address(), span)) {
            return;
        }
        for (long z = 0; z < box.depth(); z++) {
            for (long y = 0; y < box.height(); y++) {
                requireLive(place.address() + z * place.slice() + y * place.pitch(), box.width());
            }
        }
    }

    private void requireLive(long address, long bytes) throws RefusedException {
        require(isLive(address, bytes), address, bytes);
    }

    private static void require(boolean live, long address, long bytes) throws RefusedException {
        if (!live) {
            throw new RefusedException(
                    CudaResult.ILLEGAL_ADDRESS, GpuMemory.range(address, bytes) + " are not in live memory");
        }
    }

    private boolean isLive(long address, long bytes) {
        return memory.isCovered(address, bytes) || host.covers(address, bytes);
    }

    void set(Call.MemSet call) throws RefusedException, DriverException {
        GpuStream stream = objects.stream(call.stream());
        int element = call.elementBytes();
        Call.Place place = new Call.Place(Call.Space.DEVICE, call.address(), call.pitch(), 0);
        if (element != 1 && element != 2 && element != 4
                || call.width() > Long.MAX_VALUE / 4
                || !new Box(call.width() * element, call.height(), 1).fits(place)) {
            throw new RefusedException(CudaResult.INVALID_VALUE, call + " has no possible size");
        }
        Box box = new Box(call.width() * element, call.height(), 1);
        if (box.isEmpty() || stream.context.isFaulted()) {
            return;
        }
        requireLive(place, box, box.span(place));
        current.dispatch(stream.context);
        stream.use();
        if (call.height() == 1 || call.pitch() == box.width()) {
            setLine(call, call.width() * call.height(), stream);
        } else {
            driver.set(call.address(), call.pitch(), element, call.value(), call.width(), call.height(), stream.handle);
        }
        constants.follow(stream, call.address(), box.span(place));
    }

    private void setLine(Call.MemSet call, long elements, GpuStream stream) throws DriverException {
        int element = call.elementBytes();
        long most = SET_BYTES / element;
        for (long done = 0; done < elements; done += most) {
            long count = Math.min(most, elements - done);
            driver.set(call.address() + done * element, count * element, element, call.value(), count, 1,
                    stream.handle);
        }
    }

    void write(Call.MemWrite call) throws RefusedException, DriverException {
        GpuStream stream = objects.stream(call.stream());
        if (stream.context.isFaulted()) {
            return;
        }
        byte[] data = call.data();
        requireLive(call.address(), data.length);
        current.dispatch(stream.context);
        stream.use();
        for (int done = 0; done < data.length; done += INLINE_BYTES) {
            int count = Math.min(INLINE_BYTES, data.length - done);
            MemorySegment.copy(data, done, inline, ValueLayout.JAVA_BYTE, 0, count);
            driver.copyToDevice(call.address() + done, inline.address(), count, stream.handle);
        }
        constants.follow(stream, call.address(), data.length);
    }
}
