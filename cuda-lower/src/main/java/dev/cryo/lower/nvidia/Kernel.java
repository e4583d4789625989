package dev.cryo.lower.nvidia;

import dev.cryo.lower.device.RefusedException;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;

/** A kernel that the upper half knows. */
record Kernel(GpuModule module, String name, long handle, Call.FunctionGet.Result facts) {
    /**
     * Passes if a launch can be one of this kernel; what else there is to check is the driver's business.
     *
     * @throws RefusedException if not
     */
    void check(Call.Launch call, GpuStream stream) throws RefusedException {
        if (module.context != stream.context) {
            throw new RefusedException(CudaResult.INVALID_HANDLE, "kernel and stream are of different contexts");
        }
        if (call.parameters().length < facts.paramBytes()) {
            throw new RefusedException(CudaResult.INVALID_VALUE, call.parameters().length
                    + " bytes of parameters for kernel " + name + ", which takes " + facts.paramBytes());
        }
    }
}
