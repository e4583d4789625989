package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Devices;
import jcuda.runtime.cudaDeviceProp;
import org.jspecify.annotations.Nullable;

/** Versions, devices and their properties. */
record RuntimeDevices(Cuda cuda) {
    void cudaDriverGetVersion(int[] version) throws CudaError {
        version[0] = cuda.devices().driverVersion();
    }

    void cudaRuntimeGetVersion(int[] version) {
        version[0] = Devices.RUNTIME_VERSION;
    }

    void cudaGetDeviceCount(int[] count) throws CudaError {
        count[0] = devices().count();
    }

    void cudaGetDevice(int[] device) throws CudaError {
        device[0] = cuda.runtime().device();
    }

    void cudaSetDevice(int device) throws CudaError {
        cuda.runtime().setDevice(device);
    }

    void cudaInitDevice(int device, int deviceFlags, int flags) throws CudaError {
        if ((flags & ~1) != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        devices().info(device);
        if (flags != 0) {
            cuda.primaries().setFlags(device, deviceFlags);
        }
        cuda.primaries().activate(device);
    }

    void cudaGetDeviceProperties(cudaDeviceProp properties, int device) throws CudaError {
        Call.DeviceInfo.Result info = devices().info(device);
        DeviceProperties.fill(properties, info);
    }

    void cudaDeviceGetAttribute(int[] value, int attribute, int device) throws CudaError {
        value[0] = devices().attribute(device, attribute);
    }

    void cudaChooseDevice(int[] device, cudaDeviceProp wanted) throws CudaError {
        device[0] = 0;
        for (int candidate = devices().count() - 1; candidate >= 0; candidate--) {
            cudaDeviceProp has = new cudaDeviceProp();
            DeviceProperties.fill(has, devices().info(candidate));
            boolean isNewEnough = has.major > wanted.major || has.major == wanted.major && has.minor >= wanted.minor;
            if (isNewEnough && has.totalGlobalMem >= wanted.totalGlobalMem) {
                device[0] = candidate;
            }
        }
    }

    void cudaDeviceGetByPCIBusId(int[] device, String name) throws CudaError {
        device[0] = devices().byBusId(name);
    }

    void cudaDeviceGetPCIBusId(@Nullable String[] name, int length, int device) throws CudaError {
        String full = devices().busId(device);
        if (length <= full.length()) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        name[0] = full;
    }

    void cudaDeviceCanAccessPeer(int[] can, int device, int peer) throws CudaError {
        devices().info(device);
        devices().info(peer);
        can[0] = 0;
    }

    private Devices devices() throws CudaError {
        cuda.runtime().initialize();
        return cuda.devices();
    }
}
