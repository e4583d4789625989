package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.uvm.device.DevicePages;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Device memory for those who keep unified memory in step: copied past all streams, and waited for. Thread-safe. */
final class Pages implements DevicePages {
    private final GpuMemory memory;
    private final Lanes lanes;

    Pages(GpuMemory memory, Lanes lanes) {
        this.memory = memory;
        this.lanes = lanes;
    }

    @Override
    public MemorySegment read(long address, long bytes, MemorySegment buffer) throws IOException {
        int device = device(address, bytes);
        try {
            Lane lane = lanes.lend(device);
            try {
                for (long done = 0; done < bytes; done += Lane.BYTES) {
                    long count = Math.min(Lane.BYTES, bytes - done);
                    lane.read(address + done, count);
                    lane.await();
                    MemorySegment.copy(lane.buffer, 0, buffer, done, count);
                }
            } finally {
                lanes.giveBack(lane);
            }
        } catch (DriverException e) {
            throw failure("read", address, bytes, e);
        }
        return buffer;
    }

    @Override
    public void write(long address, MemorySegment contents) throws IOException {
        try {
            lanes.write(device(address, contents.byteSize()), address, contents);
        } catch (DriverException e) {
            throw failure("written", address, contents.byteSize(), e);
        }
    }

    private int device(long address, long bytes) throws IOException {
        GpuContext owner = memory.ownerOf(address, bytes);
        if (owner == null) {
            throw new IOException(GpuMemory.range(address, bytes) + " are not in live memory");
        }
        return owner.device;
    }

    private static IOException failure(String verb, long address, long bytes, Exception cause) {
        return new IOException(GpuMemory.range(address, bytes) + " of device memory cannot be " + verb, cause);
    }
}
