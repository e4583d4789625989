package dev.cryo.streamlog.call;

/**
 * The error codes of the waist: those of {@code CUresult} in cuda.h. The runtime API's codes are the same numbers, with
 * few exceptions that the upper half maps.
 */
public final class CudaResult {
    public static final int SUCCESS = 0;
    public static final int INVALID_VALUE = 1;
    public static final int OUT_OF_MEMORY = 2;
    public static final int NOT_INITIALIZED = 3;
    public static final int DEINITIALIZED = 4;
    /** Given to the application when its lower half is gone and does not come back. */
    public static final int DEVICE_UNAVAILABLE = 46;
    public static final int NO_DEVICE = 100;
    public static final int INVALID_DEVICE = 101;
    public static final int INVALID_IMAGE = 200;
    public static final int INVALID_CONTEXT = 201;
    public static final int NO_BINARY_FOR_GPU = 209;
    public static final int ECC_UNCORRECTABLE = 214;
    public static final int UNSUPPORTED_LIMIT = 215;
    public static final int INVALID_PTX = 218;
    public static final int NVLINK_UNCORRECTABLE = 220;
    public static final int CONTAINED = 226;
    public static final int INVALID_SOURCE = 300;
    public static final int FILE_NOT_FOUND = 301;
    public static final int OPERATING_SYSTEM = 304;
    public static final int INVALID_HANDLE = 400;
    public static final int ILLEGAL_STATE = 401;
    public static final int NOT_FOUND = 500;
    public static final int NOT_READY = 600;
    public static final int ILLEGAL_ADDRESS = 700;
    public static final int LAUNCH_OUT_OF_RESOURCES = 701;
    public static final int LAUNCH_TIMEOUT = 702;
    public static final int PRIMARY_CONTEXT_ACTIVE = 708;
    public static final int CONTEXT_IS_DESTROYED = 709;
    public static final int ASSERT = 710;
    public static final int HOST_MEMORY_ALREADY_REGISTERED = 712;
    public static final int HOST_MEMORY_NOT_REGISTERED = 713;
    public static final int HARDWARE_STACK_ERROR = 714;
    public static final int ILLEGAL_INSTRUCTION = 715;
    public static final int MISALIGNED_ADDRESS = 716;
    public static final int INVALID_ADDRESS_SPACE = 717;
    public static final int INVALID_PC = 718;
    public static final int LAUNCH_FAILED = 719;
    public static final int NOT_PERMITTED = 800;
    public static final int NOT_SUPPORTED = 801;
    public static final int UNKNOWN = 999;

    private CudaResult() {}

    /** Whether an error of this code, once met by a context, is given by every later call on it. */
    public static boolean isSticky(int code) {
        return switch (code) {
            case ECC_UNCORRECTABLE, NVLINK_UNCORRECTABLE, CONTAINED, ILLEGAL_ADDRESS, LAUNCH_TIMEOUT, ASSERT,
                    HARDWARE_STACK_ERROR, ILLEGAL_INSTRUCTION, MISALIGNED_ADDRESS, INVALID_ADDRESS_SPACE,
                    INVALID_PC, LAUNCH_FAILED -> true;
            default -> false;
        };
    }
}
