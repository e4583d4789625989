package dev.cryo.upper.jcuda;

import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.PrimaryContexts;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;

/** Primary contexts. */
record DriverPrimaryContexts(Cuda cuda) {
    void cuDevicePrimaryCtxRetain(CUcontext context, CUdevice device) throws CudaError {
        Pointers.set(context, cuda.primaries().retain(Pointers.value(device)).id());
    }

    void cuDevicePrimaryCtxRelease(CUdevice device) throws CudaError {
        cuda.primaries().release(Pointers.value(device));
    }

    void cuDevicePrimaryCtxReset(CUdevice device) throws CudaError {
        cuda.primaries().reset(Pointers.value(device));
    }

    void cuDevicePrimaryCtxSetFlags(CUdevice device, int flags) throws CudaError {
        cuda.primaries().setFlags(Pointers.value(device), flags);
    }

    void cuDevicePrimaryCtxGetState(CUdevice device, int[] flags, int[] active) throws CudaError {
        PrimaryContexts.State state = cuda.primaries().state(Pointers.value(device));
        flags[0] = state.flags();
        active[0] = state.active() ? 1 : 0;
    }
}
