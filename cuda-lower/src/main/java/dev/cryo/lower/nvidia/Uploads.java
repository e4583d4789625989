package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.DriverException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Fills device memory in pieces that come one after the other: one is gathered while those before it are copied. For
 * one thread at a time.
 */
final class Uploads {
    private static final int MOST = 4;

    private final Lanes lanes;
    /** What is being copied, oldest first. */
    private final Deque<Lane> busy = new ArrayDeque<>();
    private @Nullable Lane open;
    private int device;
    private long address;
    private long gathered;

    Uploads(Lanes lanes) {
        this.lanes = lanes;
    }

    /** Whether something may not have arrived yet. */
    boolean isPending() {
        return open != null || !busy.isEmpty();
    }

    /** Writes; the contents have been read when this returns. */
    void write(int toDevice, long to, MemorySegment contents) throws DriverException {
        for (long done = 0; done < contents.byteSize(); ) {
            Lane lane = lane(toDevice, to + done);
            long count = Math.min(Lane.BYTES - gathered, contents.byteSize() - done);
            MemorySegment.copy(contents, done, lane.buffer, gathered, count);
            gathered += count;
            done += count;
        }
    }

    /** Writes zeros. */
    void zero(int toDevice, long to, long bytes) throws DriverException {
        send();
        Lane lane = idle(toDevice);
        busy.add(lane);
        lane.zero(to, bytes);
    }

    /** The lane that gathers what comes at an address next. */
    private Lane lane(int toDevice, long to) throws DriverException {
        Lane now = open;
        if (now != null && device == toDevice && address + gathered == to && gathered < Lane.BYTES) {
            return now;
        }
        send();
        Lane next = idle(toDevice);
        open = next;
        device = toDevice;
        address = to;
        gathered = 0;
        return next;
    }

    private void send() throws DriverException {
        Lane full = open;
        open = null;
        if (full != null) {
            busy.add(full);
            full.write(address, gathered);
        }
    }

    /** A lane that nothing is copied by way of. */
    private Lane idle(int toDevice) throws DriverException {
        if (busy.size() < MOST) {
            return lanes.lend(toDevice);
        }
        Lane oldest = busy.remove();
        try {
            oldest.await();
        } finally {
            lanes.giveBack(oldest);
        }
        return lanes.lend(toDevice);
    }

    /** Sends what was gathered and waits until all has arrived. */
    void finish() throws DriverException {
        try {
            send();
            for (Lane lane : busy) {
                lane.await();
            }
        } finally {
            busy.forEach(lanes::giveBack);
            busy.clear();
        }
    }
}
