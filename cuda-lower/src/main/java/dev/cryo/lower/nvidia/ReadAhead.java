package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.DriverException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Reads device memory that does not change, by several threads about in the order of addresses: some pieces are on
 * their way to the host while the one before them is read. Thread-safe.
 */
final class ReadAhead implements AutoCloseable {
    private static final int SLOTS = 4;
    private static final long PIECE_BYTES = Lane.BYTES;

    private final Lanes lanes;
    private final int device;
    private final long address;
    private final long bytes;
    private final @Nullable Slot[] slots = new Slot[SLOTS];
    private boolean closed;

    /** Of memory that begins at an address; nothing is read yet. */
    ReadAhead(Lanes lanes, int device, long address, long bytes) {
        this.lanes = lanes;
        this.device = device;
        this.address = address;
        this.bytes = bytes;
    }

    /** A piece on its way, or there. */
    private static final class Slot {
        final Lane lane;
        long piece = -1;
        boolean arrived;

        Slot(Lane lane) {
            this.lane = lane;
        }
    }

    /** Reads from an offset on. */
    synchronized void read(long offset, MemorySegment into) throws IOException {
        if (closed) {
            throw new IOException("the capture was given up");
        }
        try {
            for (long done = 0; done < into.byteSize(); ) {
                long piece = (offset + done) / PIECE_BYTES;
                long inPiece = (offset + done) % PIECE_BYTES;
                long count = Math.min(PIECE_BYTES - inPiece, into.byteSize() - done);
                MemorySegment.copy(await(piece).buffer, inPiece, into, done, count);
                done += count;
            }
        } catch (DriverException e) {
            throw new IOException("captured memory of device " + device + " cannot be read: " + e.getMessage(), e);
        }
    }

    private Lane await(long piece) throws DriverException {
        Slot slot = slot(piece);
        if (slot.piece != piece) {
            start(slot, piece);
        }
        for (long next = piece + 1; next < piece + SLOTS && next * PIECE_BYTES < bytes; next++) {
            Slot ahead = slot(next);
            if (ahead.piece < piece) {
                start(ahead, next);
            }
        }
        if (!slot.arrived) {
            slot.lane.await();
            slot.arrived = true;
        }
        return slot.lane;
    }

    private Slot slot(long piece) throws DriverException {
        int index = (int) (piece % SLOTS);
        Slot known = slots[index];
        if (known == null) {
            known = new Slot(lanes.lend(device));
            slots[index] = known;
        }
        return known;
    }

    private void start(Slot slot, long piece) throws DriverException {
        slot.piece = -1;
        slot.arrived = false;
        slot.lane.await(); // What is on its way there.
        long from = piece * PIECE_BYTES;
        slot.lane.read(address + from, Math.min(PIECE_BYTES, bytes - from));
        slot.piece = piece;
    }

    /** Waits for what is on its way. */
    @Override
    public synchronized void close() {
        closed = true;
        for (int i = 0; i < SLOTS; i++) {
            Slot slot = slots[i];
            slots[i] = null;
            if (slot != null) {
                lanes.giveBack(slot.lane);
            }
        }
    }
}
