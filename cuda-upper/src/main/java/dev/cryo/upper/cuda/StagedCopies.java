package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.Call.Space;
import dev.cryo.streamlog.call.CallChannel;
import dev.cryo.streamlog.call.CallChannel.CallFailedException;
import dev.cryo.upper.cuda.Copies.Extent;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Copies of the application's own memory, which the lower half does not see: a piece at a time through staging memory,
 * where rows lie close together. Thread-safe.
 */
final class StagedCopies {
    /** What is not larger travels inside the call. */
    private static final int INLINE_BYTES = 4096;
    /** Large enough to be fast, small enough that one piece is filled while another is read. */
    private static final long PIECE_BYTES = 1 << 20;

    private final Calls calls;

    StagedCopies(Calls calls) {
        this.calls = calls;
    }

    /** A piece: rows of one slice, or a part of one row. */
    @FunctionalInterface
    private interface Piece {
        void copy(long slice, long row, long rows, long column, long width) throws CudaError;
    }

    private void pieces(Extent extent, Piece piece) throws CudaError {
        long most = Math.min(PIECE_BYTES, calls.channel().stagingLimit());
        long width = Math.min(extent.width(), most);
        long rows = Math.max(1, most / extent.width());
        for (long slice = 0; slice < extent.depth(); slice++) {
            for (long row = 0; row < extent.height(); row += rows) {
                for (long column = 0; column < extent.width(); column += width) {
                    piece.copy(
                            slice,
                            row,
                            Math.min(rows, extent.height() - row),
                            column,
                            Math.min(width, extent.width() - column));
                }
            }
        }
    }

    /** Copies to shared memory; the source has been read when this returns. */
    void upload(Stream stream, Place.Pageable source, Place.Shared target, Extent extent) throws CudaError {
        if (extent.isLinear() && extent.width() <= INLINE_BYTES && target instanceof Place.Device) {
            byte[] data = new byte[(int) extent.width()];
            MemorySegment.copy(source.memory(), ValueLayout.JAVA_BYTE, 0, data, 0, data.length);
            calls.queue(new Call.MemWrite(stream.id(), target.address(), data));
            return;
        }
        pieces(extent, (slice, row, rows, column, width) -> {
            long bytes = rows * width;
            long at = reserve(bytes);
            long from = slice * source.slice() + row * source.pitch() + column;
            try {
                copyRows(source.memory(), from, source.pitch(), calls.channel().staging(), at, width, rows, width);
                Call.Place staged = new Call.Place(Space.STAGING, at, width, bytes);
                calls.queue(new Call.Copy(stream.id(), staged, part(target, slice, row, column), width, rows, 1));
            } catch (RuntimeException | Error e) {
                // The copy does not take place, so nobody else gives it back.
                calls.channel().releaseStaging(at, bytes);
                throw e;
            }
        });
    }

    /** Copies from shared memory, after the stream's earlier work. */
    void download(Stream stream, Place.Shared source, Place.Pageable target, Extent extent) throws CudaError {
        CallChannel channel = calls.channel();
        pieces(extent, (slice, row, rows, column, width) -> {
            long bytes = rows * width;
            long at = reserve(bytes);
            try {
                Call.Place staged = new Call.Place(Space.STAGING, at, width, bytes);
                calls.queue(new Call.Copy(stream.id(), part(source, slice, row, column), staged, width, rows, 1));
                calls.call(stream.context(), new Call.StreamSync(stream.id()));
                long to = slice * target.slice() + row * target.pitch() + column;
                copyRows(channel.staging(), at, width, target.memory(), to, target.pitch(), rows, width);
            } finally {
                channel.releaseStaging(at, bytes);
            }
        });
    }

    /** Copies within the application's memory, after the stream's earlier work. */
    void host(Stream stream, Place.Pageable source, Place.Pageable target, Extent extent) throws CudaError {
        calls.call(stream.context(), new Call.StreamSync(stream.id()));
        for (long slice = 0; slice < extent.depth(); slice++) {
            copyRows(
                    source.memory(),
                    slice * source.slice(),
                    source.pitch(),
                    target.memory(),
                    slice * target.slice(),
                    target.pitch(),
                    extent.height(),
                    extent.width());
        }
    }

    private long reserve(long bytes) throws CudaError {
        try {
            return calls.channel().reserveStaging(bytes);
        } catch (CallFailedException e) {
            throw new CudaError(e);
        }
    }

    private static Call.Place part(Place.Shared place, long slice, long row, long column) {
        Call.Place whole = Copies.place(place);
        long address = place.address() + slice * place.slice() + row * place.pitch() + column;
        return new Call.Place(whole.space(), address, place.pitch(), place.slice());
    }

    private static void copyRows(
            MemorySegment source,
            long from,
            long sourcePitch,
            MemorySegment target,
            long to,
            long targetPitch,
            long rows,
            long width) {
        if (sourcePitch == width && targetPitch == width) {
            MemorySegment.copy(source, from, target, to, rows * width);
            return;
        }
        for (long row = 0; row < rows; row++) {
            MemorySegment.copy(source, from + row * sourcePitch, target, to + row * targetPitch, width);
        }
    }
}
