package dev.cryo.lower.ptx.device;

import dev.cryo.streamlog.call.Call;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * What the device says of itself. Attributes are numbered as in {@code CUdevice_attribute} (cuda.h); those that are not
 * named here are 0: the device does not have the feature, or does not know the number.
 */
final class DeviceProperties {
    static final int DRIVER_VERSION = 12060;
    static final int MAJOR = 7;
    static final int MINOR = 5;
    static final int MAX_THREADS_PER_BLOCK = 1024;
    static final int MAX_BLOCK_Z = 64;
    static final int MAX_GRID_YZ = 65535;
    static final int SHARED_BYTES = 48 << 10;
    /** The most that a kernel can be allowed to use: what the largest GPUs have, so that their kernels run. */
    static final int SHARED_BYTES_OPT_IN = 227 << 10;

    private static final int LAST_ATTRIBUTE = 129;
    private static final String NAME = "cryo PTX device (CPU)";

    private DeviceProperties() {}

    static Call.DeviceInfo.Result info(long totalBytes, int multiprocessors) {
        UUID uuid = UUID.nameUUIDFromBytes(NAME.getBytes(StandardCharsets.UTF_8));
        byte[] uuidBytes = ByteBuffer.allocate(16)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array();
        return new Call.DeviceInfo.Result(NAME, totalBytes, attributes(multiprocessors), uuidBytes);
    }

    private static int[] attributes(int multiprocessors) {
        int[] value = new int[LAST_ATTRIBUTE + 1];
        value[1] = MAX_THREADS_PER_BLOCK;
        value[2] = MAX_THREADS_PER_BLOCK; // MAX_BLOCK_DIM_X
        value[3] = MAX_THREADS_PER_BLOCK; // MAX_BLOCK_DIM_Y
        value[4] = MAX_BLOCK_Z;
        value[5] = Integer.MAX_VALUE; // MAX_GRID_DIM_X
        value[6] = MAX_GRID_YZ;
        value[7] = MAX_GRID_YZ;
        value[8] = SHARED_BYTES;
        value[9] = 64 << 10; // TOTAL_CONSTANT_MEMORY
        value[10] = 32; // WARP_SIZE
        value[11] = Integer.MAX_VALUE; // MAX_PITCH
        value[12] = 64 << 10; // MAX_REGISTERS_PER_BLOCK
        value[13] = 1_000_000; // CLOCK_RATE in kHz: the device's clock counts nanoseconds
        value[14] = 512; // TEXTURE_ALIGNMENT
        value[15] = 1; // GPU_OVERLAP
        value[16] = multiprocessors;
        value[19] = 1; // CAN_MAP_HOST_MEMORY
        value[30] = 512; // SURFACE_ALIGNMENT
        value[31] = 1; // CONCURRENT_KERNELS
        value[39] = MAX_THREADS_PER_BLOCK; // MAX_THREADS_PER_MULTIPROCESSOR
        value[40] = 2; // ASYNC_ENGINE_COUNT
        value[41] = 1; // UNIFIED_ADDRESSING
        value[51] = 32; // TEXTURE_PITCH_ALIGNMENT
        value[75] = MAJOR;
        value[76] = MINOR;
        value[79] = 1; // GLOBAL_L1_CACHE_SUPPORTED
        value[80] = 1; // LOCAL_L1_CACHE_SUPPORTED
        value[81] = SHARED_BYTES_OPT_IN; // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
        value[82] = 64 << 10; // MAX_REGISTERS_PER_MULTIPROCESSOR
        value[83] = 1; // MANAGED_MEMORY, but no CONCURRENT_MANAGED_ACCESS
        value[86] = 1; // HOST_NATIVE_ATOMIC_SUPPORTED
        value[87] = 2; // SINGLE_TO_DOUBLE_PRECISION_PERF_RATIO
        value[90] = 1; // COMPUTE_PREEMPTION_SUPPORTED
        value[97] = SHARED_BYTES_OPT_IN;
        value[106] = 1; // MAX_BLOCKS_PER_MULTIPROCESSOR: one core runs one block at a time
        return value;
    }
}
