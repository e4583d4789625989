package dev.cryo.upper.cuda;

/** The attributes of a device that the upper half itself looks at, {@code CUdevice_attribute} of cuda.h. */
public final class DeviceAttribute {
    public static final int MAX_THREADS_PER_BLOCK = 1;
    public static final int MAX_BLOCK_DIM_X = 2;
    public static final int MAX_BLOCK_DIM_Y = 3;
    public static final int MAX_BLOCK_DIM_Z = 4;
    public static final int MAX_GRID_DIM_X = 5;
    public static final int MAX_GRID_DIM_Y = 6;
    public static final int MAX_GRID_DIM_Z = 7;
    public static final int MAX_SHARED_MEMORY_PER_BLOCK = 8;
    public static final int WARP_SIZE = 10;
    public static final int PCI_BUS_ID = 33;
    public static final int PCI_DEVICE_ID = 34;
    public static final int MAX_THREADS_PER_MULTIPROCESSOR = 39;
    public static final int MULTIPROCESSOR_COUNT = 16;
    public static final int PCI_DOMAIN_ID = 50;
    public static final int COMPUTE_CAPABILITY_MAJOR = 75;
    public static final int COMPUTE_CAPABILITY_MINOR = 76;
    public static final int MAX_SHARED_MEMORY_PER_MULTIPROCESSOR = 81;
    public static final int MAX_REGISTERS_PER_MULTIPROCESSOR = 82;
    public static final int MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97;
    public static final int MAX_BLOCKS_PER_MULTIPROCESSOR = 106;

    private DeviceAttribute() {}
}
