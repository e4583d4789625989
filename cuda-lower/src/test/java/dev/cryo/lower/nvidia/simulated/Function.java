package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.ptx.Dim3;
import dev.cryo.lower.ptx.EntryInfo;
import dev.cryo.lower.ptx.LoadedKernel;
import dev.cryo.streamlog.call.CudaResult;
import java.util.List;

/** A kernel and its attributes, numbered as in {@code CUfunction_attribute}. */
final class Function {
    private static final int MAX_THREADS = 1024;
    private static final int SHARED_BYTES = 48 << 10;
    private static final int SHARED_BYTES_OPT_IN = 227 << 10;
    private static final int MAX_DYNAMIC_SHARED = 8;
    private static final int CARVEOUT = 9;

    final long handle;
    final Module module;
    final LoadedKernel code;
    private final EntryInfo info;
    private volatile int dynamicShared;
    private volatile int carveout = -1;

    Function(long handle, Module module, LoadedKernel code) {
        this.handle = handle;
        this.module = module;
        this.code = code;
        this.info = code.info();
        this.dynamicShared = Math.max(0, SHARED_BYTES - info.sharedBytes());
    }

    int attribute(int attribute) throws DriverException {
        return switch (attribute) {
            case 0 -> maxThreads();
            case 1 -> info.sharedBytes();
            case 2 -> Math.toIntExact(module.text().constantBytes());
            case 3 -> info.localBytes();
            case 4 -> Math.min(255, info.registers());
            case 5 -> 80;
            case 6 -> 90;
            case 7 -> 0;
            case MAX_DYNAMIC_SHARED -> dynamicShared;
            case CARVEOUT -> carveout;
            default -> throw refused("function attribute " + attribute);
        };
    }

    void set(int attribute, int value) throws DriverException {
        if (attribute == MAX_DYNAMIC_SHARED && value >= 0 && value <= SHARED_BYTES_OPT_IN - info.sharedBytes()) {
            dynamicShared = value;
        } else if (attribute == CARVEOUT && value >= -1 && value <= 100) {
            carveout = value;
        } else {
            throw refused("function attribute " + attribute + " = " + value);
        }
    }

    List<CudaDriver.Parameter> parameters() {
        return info.parameters().stream()
                .map(parameter -> new CudaDriver.Parameter(parameter.offset(), parameter.bytes()))
                .toList();
    }

    void check(Dim3 grid, Dim3 block, int sharedBytes, int parameterBytes) throws DriverException {
        boolean good = grid.x() > 0 && grid.y() > 0 && grid.z() > 0 && grid.y() <= 65535 && grid.z() <= 65535
                && block.x() > 0 && block.y() > 0 && block.z() > 0 && block.z() <= 64
                && block.x() <= MAX_THREADS && block.y() <= MAX_THREADS && block.count() <= maxThreads()
                && (info.requiredThreads() == null || info.requiredThreads().equals(block))
                && sharedBytes >= 0 && sharedBytes <= dynamicShared;
        if (!good) {
            throw refused("grid %s, block %s, %d bytes of shared memory".formatted(grid, block, sharedBytes));
        }
        if (parameterBytes < info.parameterBytes()) {
            throw refused(parameterBytes + " bytes of parameters instead of " + info.parameterBytes());
        }
    }

    private int maxThreads() {
        Dim3 bound = info.requiredThreads() != null ? info.requiredThreads() : info.maxThreads();
        return bound == null ? MAX_THREADS : (int) Math.min(bound.count(), MAX_THREADS);
    }

    private DriverException refused(String what) {
        return new DriverException(CudaResult.INVALID_VALUE, what + " for kernel " + info.name());
    }

    @Override
    public String toString() {
        return "kernel " + info.name() + " of " + module;
    }
}
