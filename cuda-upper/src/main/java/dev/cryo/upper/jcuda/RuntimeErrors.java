package dev.cryo.upper.jcuda;

import dev.cryo.upper.cuda.Cuda;
import jcuda.runtime.cudaChannelFormatDesc;
import jcuda.runtime.cudaError;

/** Errors of the runtime API, and what needs no device. */
record RuntimeErrors(Cuda cuda) {
    private static final String UNKNOWN = "unrecognized error code";

    int cudaGetLastError() {
        return cuda.runtime().lastError(true);
    }

    int cudaPeekAtLastError() {
        return cuda.runtime().lastError(false);
    }

    String cudaGetErrorName(int error) {
        String name = cudaError.stringFor(error);
        return name.startsWith("INVALID") ? UNKNOWN : name;
    }

    String cudaGetErrorString(int error) {
        String name = cudaGetErrorName(error);
        return name.equals(UNKNOWN) ? UNKNOWN : ErrorTexts.of(error, name);
    }

    cudaChannelFormatDesc cudaCreateChannelDesc(int x, int y, int z, int w, int kind) {
        return new cudaChannelFormatDesc(x, y, z, w, kind);
    }
}
