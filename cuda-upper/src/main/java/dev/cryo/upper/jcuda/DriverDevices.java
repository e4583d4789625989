package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.DeviceAttribute;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevprop;
import jcuda.driver.CUresult;
import jcuda.driver.CUuuid;
import org.jspecify.annotations.Nullable;

/** Initialisation, versions, error names, devices and their attributes. */
record DriverDevices(Cuda cuda) {
    void cuInit(int flags) throws CudaError {
        cuda.devices().initialize(flags);
    }

    void cuDriverGetVersion(int[] version) throws CudaError {
        version[0] = cuda.devices().driverVersion();
    }

    void cuGetErrorName(int error, @Nullable String[] name) throws CudaError {
        name[0] = null;
        name[0] = name(error);
    }

    void cuGetErrorString(int error, @Nullable String[] text) throws CudaError {
        text[0] = null;
        text[0] = ErrorTexts.of(error, name(error));
    }

    private static String name(int error) throws CudaError {
        String name = CUresult.stringFor(error);
        if (name.startsWith("INVALID")) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        return name;
    }

    void cuDeviceGet(CUdevice device, int ordinal) throws CudaError {
        cuda.devices().info(ordinal);
        Pointers.set(device, ordinal);
    }

    void cuDeviceGetCount(int[] count) throws CudaError {
        count[0] = cuda.devices().count();
    }

    void cuDeviceGetName(byte[] name, int length, CUdevice device) throws CudaError {
        byte[] full = cuda.devices()
                .info(Pointers.value(device))
                .name()
                .getBytes(StandardCharsets.UTF_8);
        if (length <= 0 || length > name.length) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        int copied = Math.min(full.length, length - 1);
        System.arraycopy(full, 0, name, 0, copied);
        Arrays.fill(name, copied, length, (byte) 0);
    }

    void cuDeviceGetUuid(CUuuid uuid, CUdevice device) throws CudaError {
        byte[] bytes = cuda.devices().info(Pointers.value(device)).uuid();
        System.arraycopy(bytes, 0, uuid.bytes, 0, Math.min(bytes.length, uuid.bytes.length));
    }

    void cuDeviceComputeCapability(int[] major, int[] minor, CUdevice device) throws CudaError {
        major[0] = attribute(DeviceAttribute.COMPUTE_CAPABILITY_MAJOR, device);
        minor[0] = attribute(DeviceAttribute.COMPUTE_CAPABILITY_MINOR, device);
    }

    void cuDeviceTotalMem(long[] bytes, CUdevice device) throws CudaError {
        bytes[0] = cuda.devices().info(Pointers.value(device)).totalBytes();
    }

    void cuDeviceGetAttribute(int[] value, int attribute, CUdevice device) throws CudaError {
        value[0] = attribute(attribute, device);
    }

    private int attribute(int attribute, CUdevice device) throws CudaError {
        return cuda.devices().attribute(Pointers.value(device), attribute);
    }

    void cuDeviceGetProperties(CUdevprop properties, CUdevice device) throws CudaError {
        Call.DeviceInfo.Result info = cuda.devices().info(Pointers.value(device));
        int[] attributes = info.attributes();
        properties.maxThreadsPerBlock = attributes[DeviceAttribute.MAX_THREADS_PER_BLOCK];
        for (int i = 0; i < 3; i++) {
            properties.maxThreadsDim[i] = attributes[DeviceAttribute.MAX_BLOCK_DIM_X + i];
            properties.maxGridSize[i] = attributes[DeviceAttribute.MAX_GRID_DIM_X + i];
        }
        properties.sharedMemPerBlock = attributes[DeviceAttribute.MAX_SHARED_MEMORY_PER_BLOCK];
        properties.totalConstantMemory = attributes[9];
        properties.SIMDWidth = attributes[DeviceAttribute.WARP_SIZE];
        properties.memPitch = attributes[11];
        properties.regsPerBlock = attributes[12];
        properties.clockRate = attributes[13];
        properties.textureAlign = attributes[14];
    }

    void cuDeviceGetPCIBusId(@Nullable String[] name, int length, CUdevice device) throws CudaError {
        String full = cuda.devices().busId(Pointers.value(device));
        if (length <= full.length()) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        name[0] = full;
    }

    void cuDeviceGetByPCIBusId(CUdevice device, String name) throws CudaError {
        Pointers.set(device, cuda.devices().byBusId(name));
    }

    void cuDeviceCanAccessPeer(int[] can, CUdevice device, CUdevice peer) throws CudaError {
        cuda.devices().info(Pointers.value(device));
        cuda.devices().info(Pointers.value(peer));
        can[0] = 0;
    }
}
