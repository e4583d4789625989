package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.ptx.GlobalInfo;
import dev.cryo.lower.ptx.LoadedKernel;
import dev.cryo.lower.ptx.LoadedModule;
import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.PtxModule;
import dev.cryo.streamlog.call.CudaResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A loaded module: PTX, and memory of the driver's own for its variables. */
final class Module {
    final long handle;
    final Context context;
    private final LoadedModule code;
    /** What is to be freed. */
    final List<Long> memory;

    Module(long handle, Context context, LoadedModule code, List<Long> memory) {
        this.handle = handle;
        this.context = context;
        this.code = code;
        this.memory = new ArrayList<>(memory);
    }

    /** Reads a text; what the driver's compiler would say goes to the log. */
    static PtxModule parse(byte[] image, StringBuilder log) throws DriverException {
        if (image.length == 0 || image[image.length - 1] != 0) {
            throw new DriverException(CudaResult.INVALID_IMAGE, "an image that does not end with a NUL byte");
        }
        if (!new String(image, StandardCharsets.ISO_8859_1).contains(".version")) {
            throw new DriverException(CudaResult.INVALID_IMAGE, "an image that is no text of a version");
        }
        try {
            return PtxModule.parse(image);
        } catch (PtxException e) {
            log.append("ptxas application ptx input, line ").append(e.line()).append("; fatal   : ")
                    .append(e.getMessage());
            throw new DriverException(
                    switch (e.reason()) {
                        case INVALID -> CudaResult.INVALID_PTX;
                        case UNSUPPORTED -> CudaResult.NO_BINARY_FOR_GPU;
                    },
                    String.valueOf(e.getMessage()));
        }
    }

    PtxModule text() {
        return code.module();
    }

    Function function(long functionHandle, String name) throws DriverException {
        LoadedKernel kernel = code.kernel(name);
        if (kernel == null) {
            throw new DriverException(CudaResult.NOT_FOUND, this + " has no kernel " + name);
        }
        return new Function(functionHandle, this, kernel);
    }

    CudaDriver.Variable variable(String name) throws DriverException {
        Long address = code.globalAddress(name);
        for (GlobalInfo global : text().globals()) {
            if (address != null && global.name().equals(name)) {
                return new CudaDriver.Variable(address, global.bytes());
            }
        }
        throw new DriverException(CudaResult.NOT_FOUND, this + " has no variable " + name);
    }

    @Override
    public String toString() {
        return "module 0x" + Long.toHexString(handle) + " of " + context;
    }
}
