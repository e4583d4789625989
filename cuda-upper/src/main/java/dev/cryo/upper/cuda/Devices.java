package dev.cryo.upper.cuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The driver and its devices. What is constant about them is asked for once. Thread-safe. */
public final class Devices {
    /** The release of CUDA that the bindings are of, as {@code cudaRuntimeGetVersion} gives it. */
    public static final int RUNTIME_VERSION = 12060;

    private final Calls calls;
    private volatile Call.DriverInfo.@Nullable Result driver;
    private volatile AtomicReferenceArray<Call.DeviceInfo.@Nullable Result> devices = new AtomicReferenceArray<>(0);
    private volatile boolean initialized;

    Devices(Calls calls) {
        this.calls = calls;
    }

    /** {@code cuInit}; may be called again. */
    public void initialize(int flags) throws CudaError {
        if (flags != 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        initialize();
    }

    void initialize() throws CudaError {
        if (initialized) {
            return;
        }
        int count = driver().devices();
        if (count == 0) {
            throw new CudaError(CudaResult.NO_DEVICE);
        }
        synchronized (this) {
            if (devices.length() == 0) {
                devices = new AtomicReferenceArray<>(count);
            }
        }
        initialized = true;
    }

    /** Passes if the driver is initialized. */
    public void check() throws CudaError {
        if (!initialized) {
            throw new CudaError(CudaResult.NOT_INITIALIZED);
        }
    }

    private Call.DriverInfo.Result driver() throws CudaError {
        Call.DriverInfo.Result known = driver;
        if (known == null) {
            known = calls.call(new Call.DriverInfo());
            driver = known;
        }
        return known;
    }

    /** The driver's version, known before it is initialized. */
    public int driverVersion() throws CudaError {
        return driver().driverVersion();
    }

    /** The number of devices. */
    public int count() throws CudaError {
        check();
        return devices.length();
    }

    /**
     * What is constant about a device.
     *
     * @throws CudaError INVALID_DEVICE if there is no such device
     */
    public Call.DeviceInfo.Result info(long device) throws CudaError {
        check();
        AtomicReferenceArray<Call.DeviceInfo.@Nullable Result> all = devices;
        if (device < 0 || device >= all.length()) {
            throw new CudaError(CudaResult.INVALID_DEVICE);
        }
        Call.DeviceInfo.Result known = all.get((int) device);
        if (known == null) {
            known = calls.call(new Call.DeviceInfo((int) device));
            all.set((int) device, known);
        }
        return known;
    }

    /** An attribute of a device, {@code CUdevice_attribute}. */
    public int attribute(long device, int attribute) throws CudaError {
        Call.DeviceInfo.Result info = info(device);
        if (attribute <= 0 || attribute >= info.attributes().length) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        return info.attributes()[attribute];
    }

    /** The name of a device's place on the bus. */
    public String busId(long device) throws CudaError {
        return String.format(
                "%04x:%02x:%02x.0",
                attribute(device, DeviceAttribute.PCI_DOMAIN_ID),
                attribute(device, DeviceAttribute.PCI_BUS_ID),
                attribute(device, DeviceAttribute.PCI_DEVICE_ID));
    }

    /** The device at a place on the bus. */
    public int byBusId(String name) throws CudaError {
        for (int device = 0; device < count(); device++) {
            String full = busId(device);
            if (name.equalsIgnoreCase(full) || full.endsWith(":" + name) || full.equals(name + ".0")) {
                return device;
            }
        }
        throw new CudaError(CudaResult.INVALID_DEVICE);
    }
}
