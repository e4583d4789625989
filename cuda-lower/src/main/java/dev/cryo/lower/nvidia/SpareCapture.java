package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.device.Slabs;
import dev.cryo.lower.nvidia.Chunks.Chunk;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The contents of a device held by a copy on the device. Thread-safe. */
final class SpareCapture implements GpuCapture.Part {
    /** The copies lie from here on, 1 TiB apart: where the upper half hands out no addresses. */
    private static final long SPARE = 0x3000_0000_0000L;

    private static final long DEVICE_WINDOW = 1L << 40;
    /** What must be left for the job, which goes on. */
    private static final long MARGIN_BYTES = 256 << 20;

    private final Packing packing;
    private final Chunks chunks;
    private final ReadAhead reader;

    private SpareCapture(Packing packing, Chunks chunks, ReadAhead reader) {
        this.packing = packing;
        this.chunks = chunks;
        this.reader = reader;
    }

    /**
     * Copies.
     *
     * @throws IOException if there is not enough free memory, or a copy fails; nothing is left behind then
     */
    static SpareCapture of(CudaDriver driver, Current current, Lanes lanes, int device, Packing packing)
            throws IOException {
        Chunks chunks = new Chunks(driver, current);
        try {
            requireRoom(driver, current, lanes, device, packing.bytes());
            long at = SPARE + device * DEVICE_WINDOW;
            List<Chunk> spare = chunks.plan(at, packing.bytes(), device).orElseThrow();
            try {
                chunks.make(spare);
            } catch (RefusedException | DriverException e) {
                chunks.forget(spare);
                throw e;
            }
            copy(lanes, device, packing, at);
            return new SpareCapture(packing, chunks, new ReadAhead(lanes, device, at, packing.bytes()));
        } catch (RefusedException | DriverException e) {
            chunks.close();
            throw new IOException("device " + device + " cannot hold a copy of its " + packing.bytes()
                    + " bytes of live memory: " + e.getMessage(), e);
        } catch (IOException e) {
            chunks.close();
            throw e;
        }
    }

    private static void requireRoom(CudaDriver driver, Current current, Lanes lanes, int device, long bytes)
            throws DriverException, IOException {
        Lane lane = lanes.lend(device);
        long free;
        try {
            current.enter(lane.context);
            free = driver.memoryInfo().free();
        } finally {
            lanes.giveBack(lane);
        }
        if (free - MARGIN_BYTES < bytes + Slabs.BYTES) {
            throw new IOException("device " + device + " has " + free + " bytes of free memory, and a copy of its "
                    + bytes + " bytes of live memory shall leave " + MARGIN_BYTES);
        }
    }

    private static void copy(Lanes lanes, int device, Packing packing, long to) throws DriverException {
        Lane lane = lanes.lend(device);
        try {
            for (Packing.Placed range : packing.all()) {
                lane.move(to + range.offset(), range.address(), range.bytes());
            }
            lane.await();
        } finally {
            lanes.giveBack(lane);
        }
    }

    @Override
    public Packing packing() {
        return packing;
    }

    @Override
    public void read(long address, MemorySegment into) throws IOException {
        reader.read(packing.offset(address, into.byteSize()), into);
    }

    @Override
    public void close() {
        reader.close();
        chunks.close();
    }
}
