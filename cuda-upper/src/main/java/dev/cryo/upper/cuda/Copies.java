package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.Call.Space;
import dev.cryo.streamlog.call.CudaResult;
import java.lang.foreign.MemorySegment;

/** Copies between device memory, page-locked memory and the application's own. Thread-safe. */
public final class Copies {
    private final Calls calls;
    private final DeviceMemory device;
    private final HostMemory host;
    private final UnifiedMemory unified;
    private final StagedCopies staged;

    Copies(Calls calls, DeviceMemory device, HostMemory host, UnifiedMemory unified) {
        this.unified = unified;
        this.calls = calls;
        this.device = device;
        this.host = host;
        this.staged = new StagedCopies(calls);
    }

    /** What is copied: rows of {@code width} bytes, {@code height} of them in a slice, {@code depth} slices. */
    public record Extent(long width, long height, long depth) {
        /** Bytes in a row. */
        public static Extent linear(long bytes) {
            return new Extent(bytes, 1, 1);
        }

        boolean isEmpty() {
            return width == 0 || height == 0 || depth == 0;
        }

        boolean isLinear() {
            return height == 1 && depth == 1;
        }

        /** The bytes from the first to the last of a place. */
        long span(Place place) {
            return (depth - 1) * place.slice() + (height - 1) * place.pitch() + width;
        }
    }

    /**
     * Copies in the order of a stream. The application's own memory has been read, or written, when this returns.
     *
     * @param wait whether the copy must have ended where the host can see it
     */
    public void copy(Stream stream, Place source, Place target, Extent extent, boolean wait) throws CudaError {
        if (extent.isEmpty()) {
            return;
        }
        check(source, extent);
        check(target, extent);
        switch (source) {
            case Place.Pageable from -> {
                switch (target) {
                    case Place.Pageable to -> staged.host(stream, from, to, extent);
                    case Place.Shared to -> {
                        staged.upload(stream, from, to, extent);
                        if (wait && !(to instanceof Place.Device)) {
                            calls.call(stream.context(), new Call.StreamSync(stream.id()));
                        }
                    }
                }
            }
            case Place.Shared from -> {
                switch (target) {
                    case Place.Pageable to -> staged.download(stream, from, to, extent);
                    case Place.Shared to -> queue(stream, from, to, extent, wait);
                }
            }
        }
    }

    private void queue(Stream stream, Place.Shared source, Place.Shared target, Extent extent, boolean wait)
            throws CudaError {
        calls.queue(new Call.Copy(
                stream.id(), place(source), place(target), extent.width(), extent.height(), extent.depth()));
        boolean betweenDevices = source instanceof Place.Device && target instanceof Place.Device;
        if (wait && !betweenDevices) {
            calls.call(stream.context(), new Call.StreamSync(stream.id()));
        }
    }

    static Call.Place place(Place.Shared place) {
        Space space =
                switch (place) {
                    case Place.Device it -> Space.DEVICE;
                    case Place.Unified it -> Space.DEVICE;
                    case Place.Locked it -> Space.HOST;
                };
        return new Call.Place(space, place.address(), place.pitch(), place.slice());
    }

    private void check(Place place, Extent extent) throws CudaError {
        boolean overlapping = extent.height() > 1 && place.pitch() < extent.width();
        if (extent.width() < 0 || extent.height() < 0 || extent.depth() < 0 || overlapping) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        switch (place) {
            case Place.Device it -> device.check(it.address(), extent.span(it));
            case Place.Unified it -> {
                var unused = unified.check(it.address(), extent.span(it));
            }
            case Place.Locked it -> host.check(it.address(), extent.span(it));
            case Place.Pageable it -> {
                if (extent.span(it) > it.memory().byteSize()) {
                    throw new CudaError(CudaResult.INVALID_VALUE);
                }
            }
        }
    }

    /** The place of an address: page-locked, device, or else, where the caller says so, host memory of that size. */
    public Place resolve(long address, long pitch, long slice, long bytes, Unknown unknown) throws CudaError {
        if (host.find(address) != null) {
            return new Place.Locked(address, pitch, slice);
        }
        if (unified.find(address) != null) {
            return new Place.Unified(address, pitch, slice);
        }
        if (device.contains(address)) {
            return new Place.Device(address, pitch, slice);
        }
        if (unknown == Unknown.IS_HOST && address != 0) {
            MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(bytes);
            return new Place.Pageable(memory, pitch, slice);
        }
        throw new CudaError(CudaResult.INVALID_VALUE);
    }

    /** What an address is that the upper half did not hand out. */
    public enum Unknown {
        /** Memory of the process that something else allocated. */
        IS_HOST,
        /** An error. */
        IS_INVALID
    }
}
