package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.util.Set;

/**
 * What devices say of themselves. Attributes are numbered as in {@code CUdevice_attribute} (cuda.h); those of features
 * that cryo refuses are 0, so that who asks goes without: managed memory (which is announced where it is kept in step),
 * cooperative launches and clusters, stream memory operations, memory pools, and sharing with other processes.
 */
final class DeviceFacts {
    private static final int LAST_ATTRIBUTE = 129;
    private static final Set<Integer> ABSENT = Set.of(
            83, // MANAGED_MEMORY
            88, // PAGEABLE_MEMORY_ACCESS
            89, // CONCURRENT_MANAGED_ACCESS
            91, // CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM
            92, // CAN_USE_STREAM_MEM_OPS_V1
            93, // CAN_USE_64_BIT_STREAM_MEM_OPS_V1
            94, // CAN_USE_STREAM_WAIT_VALUE_NOR_V1
            95, // COOPERATIVE_LAUNCH
            96, // COOPERATIVE_MULTI_DEVICE_LAUNCH
            99, // HOST_REGISTER_SUPPORTED
            100, // PAGEABLE_MEMORY_ACCESS_USES_HOST_PAGE_TABLES
            101, // DIRECT_MANAGED_MEM_ACCESS_FROM_HOST
            102, // VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED
            103, // HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED
            104, // HANDLE_TYPE_WIN32_HANDLE_SUPPORTED
            105, // HANDLE_TYPE_WIN32_KMT_HANDLE_SUPPORTED
            110, // GPU_DIRECT_RDMA_WITH_CUDA_VMM_SUPPORTED
            115, // MEMORY_POOLS_SUPPORTED
            116, // GPU_DIRECT_RDMA_SUPPORTED
            119, // MEMPOOL_SUPPORTED_HANDLE_TYPES
            120, // CLUSTER_LAUNCH
            121, // DEFERRED_MAPPING_CUDA_ARRAY_SUPPORTED
            122, // CAN_USE_64_BIT_STREAM_MEM_OPS
            123, // CAN_USE_STREAM_WAIT_VALUE_NOR
            124, // DMA_BUF_SUPPORTED
            125, // IPC_EVENT_SUPPORTED
            128); // HANDLE_TYPE_FABRIC_SUPPORTED
    private static final int UNIFIED_ADDRESSING = 41;
    private static final int VIRTUAL_MEMORY_MANAGEMENT = 102;
    /** CUDA 12.2, of driver 535. */
    private static final int OLDEST_DRIVER = 12020;

    private final CudaDriver driver;
    private final int devices;

    private DeviceFacts(CudaDriver driver, int devices) {
        this.driver = driver;
        this.devices = devices;
    }

    /**
     * The facts of a driver, which is initialised here.
     *
     * @throws DriverException if it has no device, or is too old, or one of its devices cannot do what is needed
     */
    static DeviceFacts of(CudaDriver driver) throws DriverException {
        driver.initialize();
        if (driver.version() < OLDEST_DRIVER) {
            throw new DriverException(CudaResult.NOT_SUPPORTED, "the CUDA driver is one for CUDA "
                    + words(driver.version()) + ", and cryo needs one for CUDA " + words(OLDEST_DRIVER) + " or later");
        }
        DeviceFacts facts = new DeviceFacts(driver, driver.devices());
        if (facts.devices == 0) {
            throw new DriverException(CudaResult.NO_DEVICE, "the CUDA driver finds no device");
        }
        for (int device = 0; device < facts.devices; device++) {
            for (int needed : new int[] {UNIFIED_ADDRESSING, VIRTUAL_MEMORY_MANAGEMENT}) {
                if (facts.attribute(device, needed) == 0) {
                    throw new DriverException(CudaResult.NOT_SUPPORTED, "device " + device + ", " + driver.name(device)
                            + ", cannot place memory at chosen addresses (attribute " + needed + ")");
                }
            }
        }
        return facts;
    }

    private static String words(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }

    int devices() {
        return devices;
    }

    Call.DriverInfo.Result driver() throws DriverException {
        return new Call.DriverInfo.Result(devices, driver.version());
    }

    Call.DeviceInfo.Result device(int device) throws RefusedException, DriverException {
        requireDevice(device);
        return new Call.DeviceInfo.Result(
                driver.name(device), driver.totalBytes(device), attributes(device), driver.uuid(device));
    }

    void requireDevice(int device) throws RefusedException {
        if (device < 0 || device >= devices) {
            throw new RefusedException(CudaResult.INVALID_DEVICE, "there is no device " + device);
        }
    }

    private int[] attributes(int device) throws DriverException {
        int[] values = new int[LAST_ATTRIBUTE + 1];
        for (int attribute = 1; attribute <= LAST_ATTRIBUTE; attribute++) {
            values[attribute] = ABSENT.contains(attribute) ? 0 : attribute(device, attribute);
        }
        return values;
    }

    /** The value of an attribute; 0 if this driver does not know it. */
    private int attribute(int device, int attribute) throws DriverException {
        try {
            return driver.attribute(device, attribute);
        } catch (DriverException e) {
            if (e.code() == CudaResult.INVALID_VALUE) {
                return 0;
            }
            throw e;
        }
    }
}
