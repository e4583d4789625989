package dev.cryo.upper.cuda;

/**
 * Which addresses the upper half hands out. They lie where neither the kernel nor the JVM puts things by itself.
 *
 * <pre>
 *   0x1000_0000_0000  device memory, 1 TiB for each device
 *   0x1800_0000_0000  global variables of modules
 *   0x2000_0000_0000  page-locked host memory, 4 TiB
 *   0x2800_0000_0000  unified memory, 256 GiB
 * </pre>
 */
final class AddressLayout {
    static final long DEVICES = 0x1000_0000_0000L;
    static final long DEVICE_WINDOW = 0x100_0000_0000L;
    static final int MAX_DEVICES = 8;
    static final long GLOBALS = 0x1800_0000_0000L;
    /** How often a place that is taken is given up for another, each time twice as far away. */
    static final int ATTEMPTS = 18;

    static final long HOST = 0x2000_0000_0000L;
    static final long HOST_WINDOW = 0x400_0000_0000L;

    static final long MANAGED = 0x2800_0000_0000L;
    /** The shadow's memory is as large, of which a host dump looks at every page. */
    static final long MANAGED_WINDOW = 0x40_0000_0000L;

    private AddressLayout() {}

    /** The window of a device's memory. */
    static long device(int device) {
        return DEVICES + device * DEVICE_WINDOW;
    }
}
