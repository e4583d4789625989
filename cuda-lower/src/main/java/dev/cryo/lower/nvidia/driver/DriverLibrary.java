package dev.cryo.lower.nvidia.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import org.jspecify.annotations.Nullable;

/** The driver's library and its functions. They may be used only where {@link #isThere}. */
final class DriverLibrary {
    static final String NAME = "libcuda.so.1";

    private static final @Nullable SymbolLookup LIBRARY = load();

    static final DriverFunction INIT = find("cuInit", 1);
    static final DriverFunction VERSION = find("cuDriverGetVersion", 1);
    static final DriverFunction DEVICES = find("cuDeviceGetCount", 1);
    static final DriverFunction DEVICE_NAME = find("cuDeviceGetName", 3);
    static final DriverFunction TOTAL_BYTES = find("cuDeviceTotalMem_v2", 2);
    static final DriverFunction DEVICE_ATTRIBUTE = find("cuDeviceGetAttribute", 3);
    static final DriverFunction DEVICE_UUID = find("cuDeviceGetUuid", 2);

    static final DriverFunction PRIMARY_RETAIN = find("cuDevicePrimaryCtxRetain", 2);
    static final DriverFunction PRIMARY_RELEASE = find("cuDevicePrimaryCtxRelease_v2", 1);
    static final DriverFunction CONTEXT_CREATE = find("cuCtxCreate_v2", 3);
    static final DriverFunction CONTEXT_POP = find("cuCtxPopCurrent_v2", 1);
    static final DriverFunction CONTEXT_DESTROY = find("cuCtxDestroy_v2", 1);
    static final DriverFunction CONTEXT_SET_CURRENT = find("cuCtxSetCurrent", 1);
    static final DriverFunction SET_LIMIT = find("cuCtxSetLimit", 2);
    static final DriverFunction SET_CACHE_CONFIG = find("cuCtxSetCacheConfig", 1);
    static final DriverFunction MEMORY_INFO = find("cuMemGetInfo_v2", 2);

    static final DriverFunction MODULE_LOAD = find("cuModuleLoadDataEx", 5);
    static final DriverFunction MODULE_UNLOAD = find("cuModuleUnload", 1);
    static final DriverFunction MODULE_FUNCTION = find("cuModuleGetFunction", 3);
    static final DriverFunction MODULE_GLOBAL = find("cuModuleGetGlobal_v2", 4);
    static final DriverFunction FUNCTION_ATTRIBUTE = find("cuFuncGetAttribute", 3);
    static final DriverFunction SET_FUNCTION_ATTRIBUTE = find("cuFuncSetAttribute", 3);
    static final DriverFunction PARAMETER = find("cuFuncGetParamInfo", 4);

    static final DriverFunction ADDRESS_RESERVE = find("cuMemAddressReserve", 5);
    static final DriverFunction ADDRESS_FREE = find("cuMemAddressFree", 2);
    static final DriverFunction GRANULARITY = find("cuMemGetAllocationGranularity", 3);
    static final DriverFunction MEMORY_CREATE = find("cuMemCreate", 4);
    static final DriverFunction MEMORY_RELEASE = find("cuMemRelease", 1);
    static final DriverFunction MAP = find("cuMemMap", 5);
    static final DriverFunction SET_ACCESS = find("cuMemSetAccess", 4);
    static final DriverFunction UNMAP = find("cuMemUnmap", 2);

    static final DriverFunction ALLOCATE = find("cuMemAlloc_v2", 2);
    static final DriverFunction FREE = find("cuMemFree_v2", 1);
    static final DriverFunction ALLOCATE_HOST = find("cuMemHostAlloc", 3);
    static final DriverFunction FREE_HOST = find("cuMemFreeHost", 1);
    static final DriverFunction REGISTER_HOST = find("cuMemHostRegister_v2", 3);
    static final DriverFunction UNREGISTER_HOST = find("cuMemHostUnregister", 1);

    static final DriverFunction COPY_TO_DEVICE = find("cuMemcpyHtoDAsync_v2", 4);
    static final DriverFunction COPY_TO_HOST = find("cuMemcpyDtoHAsync_v2", 4);
    static final DriverFunction COPY_ON_DEVICE = find("cuMemcpyDtoDAsync_v2", 4);
    static final DriverFunction COPY = find("cuMemcpyAsync", 4);
    static final DriverFunction COPY_ROWS = find("cuMemcpy3DAsync_v2", 2);
    static final DriverFunction SET_8 = find("cuMemsetD2D8Async", 6);
    static final DriverFunction SET_16 = find("cuMemsetD2D16Async", 6);
    static final DriverFunction SET_32 = find("cuMemsetD2D32Async", 6);

    static final DriverFunction STREAM_CREATE = find("cuStreamCreateWithPriority", 3);
    static final DriverFunction STREAM_DESTROY = find("cuStreamDestroy_v2", 1);
    static final DriverFunction STREAM_QUERY = find("cuStreamQuery", 1);
    static final DriverFunction STREAM_SYNCHRONIZE = find("cuStreamSynchronize", 1);
    static final DriverFunction STREAM_WAIT = find("cuStreamWaitEvent", 3);
    static final DriverFunction STREAM_WAIT_VALUE = find("cuStreamWaitValue32_v2", 4);
    static final DriverFunction EVENT_CREATE = find("cuEventCreate", 2);
    static final DriverFunction EVENT_DESTROY = find("cuEventDestroy_v2", 1);
    static final DriverFunction EVENT_RECORD = find("cuEventRecord", 2);
    static final DriverFunction EVENT_QUERY = find("cuEventQuery", 1);
    static final DriverFunction EVENT_ELAPSED = find("cuEventElapsedTime", 3);

    static final DriverFunction LAUNCH = find("cuLaunchKernel", 11);

    private DriverLibrary() {}

    /** Whether this machine has a driver; that it also has a device is not said. */
    static boolean isThere() {
        return LIBRARY != null;
    }

    private static @Nullable SymbolLookup load() {
        try {
            return SymbolLookup.libraryLookup(NAME, Arena.global());
        } catch (IllegalArgumentException e) {
            return null; // That is how it says that there is none.
        }
    }

    private static DriverFunction find(String name, int arguments) {
        return LIBRARY == null ? new DriverFunction(name, null) : DriverFunction.find(LIBRARY, name, arguments);
    }
}
