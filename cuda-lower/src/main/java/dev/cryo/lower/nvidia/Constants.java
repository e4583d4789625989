package dev.cryo.lower.nvidia;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The variables in constant memory, which lie twice: where the upper half knows them, and where the driver has put them
 * for the sake of its caches. What a call writes to the one place is copied to the other behind it. What a kernel
 * writes there is not, which CUDA does not define for constants. Thread-safe.
 */
final class Constants {
    private final CudaDriver driver;
    private final NavigableMap<Long, Mirror> mirrors = new ConcurrentSkipListMap<>();

    Constants(CudaDriver driver) {
        this.driver = driver;
    }

    /**
     * A variable.
     *
     * @param address where the upper half knows it
     * @param mirror where the driver has it
     */
    record Mirror(long address, long bytes, long mirror, GpuModule module) {
        long end() {
            return address + bytes;
        }
    }

    void add(Mirror mirror) {
        mirrors.put(mirror.address, mirror);
    }

    /** Forgets the variables of a module. */
    void remove(GpuModule module) {
        mirrors.values().removeIf(mirror -> mirror.module == module);
    }

    /** Forgets the variables of a context. */
    void remove(GpuContext context) {
        mirrors.values().removeIf(mirror -> mirror.module.context == context);
    }

    /** Copies what a stream's last operation may have written of variables; the stream's context is current. */
    void follow(GpuStream stream, long address, long bytes) throws DriverException {
        Map.Entry<Long, Mirror> last = mirrors.lowerEntry(address + bytes);
        while (last != null && last.getValue().end() > address) {
            Mirror mirror = last.getValue();
            long from = Math.max(address, mirror.address);
            long to = Math.min(address + bytes, mirror.end());
            driver.copyOnDevice(mirror.mirror + (from - mirror.address), from, to - from, stream.handle);
            last = mirrors.lowerEntry(mirror.address);
        }
    }

    /** Copies all variables, past all streams, and waits for that. */
    void copyAll(Lanes lanes) throws DriverException {
        for (Mirror mirror : mirrors.values()) {
            Lane lane = lanes.lend(mirror.module.context.device);
            try {
                lane.move(mirror.mirror, mirror.address, mirror.bytes);
                lane.await();
            } finally {
                lanes.giveBack(lane);
            }
        }
    }
}
