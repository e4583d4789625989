package dev.cryo.lower.ptx.device;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.lower.ptx.Dim3;
import dev.cryo.lower.ptx.EntryInfo;
import dev.cryo.lower.ptx.LoadedKernel;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;

/** A kernel that the upper half knows, and the attributes that it set. It belongs to the thread that executes calls. */
final class Kernel {
    private static final int MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;
    private static final int VERSION = 10 * DeviceProperties.MAJOR + DeviceProperties.MINOR;

    /** Dynamic shared memory begins at a multiple of this. */
    private static final int SHARED_ALIGNMENT = 16;

    private final Module module;
    private final LoadedKernel code;
    private final EntryInfo info;
    private int dynamicSharedLimit;

    Kernel(Module module, LoadedKernel code) {
        this.module = module;
        this.code = code;
        this.info = code.info();
        this.dynamicSharedLimit = Math.max(0, DeviceProperties.SHARED_BYTES - info.sharedBytes());
    }

    Module module() {
        return module;
    }

    LoadedKernel code() {
        return code;
    }

    Call.FunctionGet.Result describe() {
        return new Call.FunctionGet.Result(
                info.parameters().stream().mapToInt(EntryInfo.Parameter::offset).toArray(),
                info.parameters().stream().mapToInt(EntryInfo.Parameter::bytes).toArray(),
                info.parameterBytes(),
                info.sharedBytes(),
                info.localBytes(),
                module.constantBytes(),
                info.registers(),
                maxThreads(),
                VERSION,
                VERSION);
    }

    /** Sets an attribute; those that only give the processor advice are accepted and have no effect here. */
    void set(int attribute, int value) throws RefusedException {
        if (attribute == MAX_DYNAMIC_SHARED_SIZE_BYTES) {
            int fixed = Math.ceilDiv(info.sharedBytes(), SHARED_ALIGNMENT) * SHARED_ALIGNMENT;
            if (value < 0 || value > DeviceProperties.SHARED_BYTES_OPT_IN - fixed) {
                throw new RefusedException(
                        CudaResult.INVALID_VALUE, value + " bytes of dynamic shared memory for kernel " + info.name());
            }
            dynamicSharedLimit = value;
        }
    }

    /** Checks that a launch is one that the device can do. */
    void check(Call.Launch call) throws RefusedException {
        Dim3 block = new Dim3(call.blockX(), call.blockY(), call.blockZ());
        Dim3 required = info.requiredThreads();
        if (!isShape(block, Integer.MAX_VALUE, DeviceProperties.MAX_THREADS_PER_BLOCK, DeviceProperties.MAX_BLOCK_Z)
                || block.count() > maxThreads()
                || required != null && !required.equals(block)) {
            throw refused(call, "a block of " + block + " threads");
        }
        Dim3 grid = new Dim3(call.gridX(), call.gridY(), call.gridZ());
        if (!isShape(grid, Integer.MAX_VALUE, DeviceProperties.MAX_GRID_YZ, DeviceProperties.MAX_GRID_YZ)) {
            throw refused(call, "a grid of " + grid + " blocks");
        }
        if (call.sharedBytes() < 0 || call.sharedBytes() > dynamicSharedLimit) {
            throw refused(call, call.sharedBytes() + " bytes of dynamic shared memory");
        }
        if (call.parameters().length < info.parameterBytes()) {
            throw refused(call, call.parameters().length + " bytes of parameters");
        }
    }

    private RefusedException refused(Call.Launch call, String what) {
        return new RefusedException(
                CudaResult.INVALID_VALUE, what + " for kernel " + info.name() + " on stream " + call.stream());
    }

    private static boolean isShape(Dim3 shape, int maxX, int maxY, int maxZ) {
        return shape.x() > 0
                && shape.y() > 0
                && shape.z() > 0
                && shape.x() <= maxX
                && shape.y() <= maxY
                && shape.z() <= maxZ;
    }

    private int maxThreads() {
        Dim3 bound = info.requiredThreads() != null ? info.requiredThreads() : info.maxThreads();
        return bound == null
                ? DeviceProperties.MAX_THREADS_PER_BLOCK
                : (int) Math.min(bound.count(), DeviceProperties.MAX_THREADS_PER_BLOCK);
    }
}
