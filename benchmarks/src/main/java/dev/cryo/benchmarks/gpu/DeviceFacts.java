package dev.cryo.benchmarks.gpu;

import static dev.cryo.benchmarks.apps.Gpu.check;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDriverGetVersion;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;

import dev.cryo.benchmarks.apps.Gpu;
import dev.cryo.benchmarks.apps.Options;
import dev.cryo.benchmarks.apps.Program;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import jcuda.driver.CUdevice_attribute;

/** Prints what device 0 is: name, version of CUDA that its driver has, compute capability, bytes of memory. */
public final class DeviceFacts {
    private static final int LONGEST_NAME = 256;

    private DeviceFacts() {}

    /** Asks the driver. */
    public static void main(String[] args) {
        Program.whole(args, DeviceFacts::run);
    }

    private static void run(Options options) {
        try (var gpu = new Gpu()) {
            byte[] name = new byte[LONGEST_NAME];
            check(cuDeviceGetName(name, name.length, gpu.device()));
            int[] version = new int[1];
            check(cuDriverGetVersion(version));
            long[] free = new long[1];
            long[] total = new long[1];
            check(cuMemGetInfo(free, total));
            Program.say(String.format(
                    Locale.ROOT,
                    "{\"name\":\"%s\",\"cuda\":%d,\"capability\":\"%d.%d\",\"free_bytes\":%d,\"total_bytes\":%d}",
                    new String(name, StandardCharsets.UTF_8).split("\0", 2)[0].trim(),
                    version[0],
                    attribute(gpu, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                    attribute(gpu, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
                    free[0],
                    total[0]));
        }
    }

    private static int attribute(Gpu gpu, int attribute) {
        int[] value = new int[1];
        check(cuDeviceGetAttribute(value, attribute, gpu.device()));
        return value[0];
    }
}
