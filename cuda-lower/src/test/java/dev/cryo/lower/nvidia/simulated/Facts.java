package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;
import java.util.Map;

/** What the simulated device says of itself: a device of compute capability 9.0 with 16 multiprocessors. */
final class Facts {
    static final int VERSION = 12080;
    static final String NAME = "cryo simulated GPU";

    /** The last attribute that a driver of this version knows. */
    private static final int LAST_ATTRIBUTE = 135;

    /** As numbered in {@code CUdevice_attribute}; the others are 0. */
    private static final Map<Integer, Integer> ATTRIBUTES = Map.ofEntries(
            Map.entry(1, 1024), // MAX_THREADS_PER_BLOCK
            Map.entry(2, 1024), Map.entry(3, 1024), Map.entry(4, 64), // MAX_BLOCK_DIM
            Map.entry(5, Integer.MAX_VALUE), Map.entry(6, 65535), Map.entry(7, 65535), // MAX_GRID_DIM
            Map.entry(8, 48 << 10), // MAX_SHARED_MEMORY_PER_BLOCK
            Map.entry(9, 64 << 10), // TOTAL_CONSTANT_MEMORY
            Map.entry(10, 32), // WARP_SIZE
            Map.entry(11, Integer.MAX_VALUE), // MAX_PITCH
            Map.entry(12, 64 << 10), // MAX_REGISTERS_PER_BLOCK
            Map.entry(13, 1_000_000), // CLOCK_RATE
            Map.entry(14, 512), // TEXTURE_ALIGNMENT
            Map.entry(15, 1), // GPU_OVERLAP
            Map.entry(16, 16), // MULTIPROCESSOR_COUNT
            Map.entry(19, 1), // CAN_MAP_HOST_MEMORY
            Map.entry(31, 1), // CONCURRENT_KERNELS
            Map.entry(39, 2048), // MAX_THREADS_PER_MULTIPROCESSOR
            Map.entry(40, 3), // ASYNC_ENGINE_COUNT
            Map.entry(41, 1), // UNIFIED_ADDRESSING
            Map.entry(75, 9), Map.entry(76, 0), // COMPUTE_CAPABILITY
            Map.entry(81, 228 << 10), // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
            Map.entry(83, 1), Map.entry(89, 1), // MANAGED_MEMORY, CONCURRENT_MANAGED_ACCESS
            Map.entry(91, 1), // CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM
            Map.entry(97, 227 << 10), // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
            Map.entry(99, 1), // HOST_REGISTER_SUPPORTED
            Map.entry(102, 1)); // VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED

    private Facts() {}

    static int attribute(int attribute) throws DriverException {
        if (attribute < 1 || attribute > LAST_ATTRIBUTE) {
            throw new DriverException(CudaResult.INVALID_VALUE, "there is no device attribute " + attribute);
        }
        return ATTRIBUTES.getOrDefault(attribute, 0);
    }

    static byte[] uuid() {
        byte[] uuid = new byte[16];
        for (int i = 0; i < uuid.length; i++) {
            uuid[i] = (byte) (0x10 + i);
        }
        return uuid;
    }
}
