package dev.cryo.proxy.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What processes have of the devices' memory, by NVIDIA's management library; nothing where that does not tell.
 * Signatures and structures are those of nvml.h:
 *
 * <pre>
 *     nvmlProcessInfo_t   0 pid: u32   8 usedGpuMemory: u64   16 gpuInstanceId: u32   20 computeInstanceId: u32
 * </pre>
 */
final class Nvml {
    private static final String LIBRARY = "libnvidia-ml.so.1";
    private static final int PROCESS_BYTES = 24;
    private static final int USED_AT = 8;
    private static final int MOST = 1024;
    /** NVML_VALUE_NOT_AVAILABLE. */
    private static final long UNKNOWN = -1;

    private final NativeLibrary library;

    private Nvml(NativeLibrary library) {
        this.library = library;
    }

    /** The library, where it is and starts. */
    static Optional<Nvml> load() {
        return NativeLibrary.load(LIBRARY)
                .filter(library -> library.has("nvmlDeviceGetComputeRunningProcesses_v3"))
                .filter(library -> library.integer("nvmlInit_v2") == 0)
                .map(Nvml::new);
    }

    /** The bytes that some processes have of all these GPUs; nothing if it knows none of them. */
    OptionalLong usedBy(Collection<Long> pids, List<Gpu> gpus) {
        long used = 0;
        boolean known = false;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment processes = arena.allocate((long) PROCESS_BYTES * MOST, Long.BYTES);
            for (Gpu gpu : gpus) {
                int count = count(arena, gpu, processes);
                for (int i = 0; i < count; i++) {
                    MemorySegment process = processes.asSlice((long) i * PROCESS_BYTES, PROCESS_BYTES);
                    long bytes = process.get(ValueLayout.JAVA_LONG, USED_AT);
                    if (pids.contains((long) process.get(ValueLayout.JAVA_INT, 0)) && bytes != UNKNOWN) {
                        used += bytes;
                        known = true;
                    }
                }
            }
        }
        return known ? OptionalLong.of(used) : OptionalLong.empty();
    }

    private int count(Arena arena, Gpu gpu, MemorySegment processes) {
        MemorySegment device = arena.allocate(ValueLayout.ADDRESS);
        if (library.integer("nvmlDeviceGetHandleByUUID", arena.allocateFrom(gpu.uuid()), device) != 0) {
            return 0;
        }
        MemorySegment count = arena.allocateFrom(ValueLayout.JAVA_INT, MOST);
        int result = library.integer(
                "nvmlDeviceGetComputeRunningProcesses_v3", device.get(ValueLayout.ADDRESS, 0), count, processes);
        return result == 0 ? Math.min(MOST, count.get(ValueLayout.JAVA_INT, 0)) : 0;
    }
}
