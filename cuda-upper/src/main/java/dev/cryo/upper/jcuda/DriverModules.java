package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Context;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.CudaModule;
import dev.cryo.upper.cuda.Function;
import dev.cryo.upper.cuda.Modules;
import dev.cryo.upper.cuda.Notices;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JITOptions;
import org.jspecify.annotations.Nullable;

/** Modules, functions and their attributes, global variables. */
record DriverModules(Cuda cuda) {
    void cuModuleLoad(CUmodule module, String name) throws CudaError {
        Context context = cuda.contexts().current();
        try {
            load(context, module, Files.readAllBytes(Path.of(name)));
        } catch (NoSuchFileException | InvalidPathException e) {
            throw new CudaError(CudaResult.FILE_NOT_FOUND);
        } catch (IOException e) {
            Notices.say("module " + name + " cannot be read: " + e);
            throw new CudaError(CudaResult.FILE_NOT_FOUND);
        }
    }

    void cuModuleLoadData(CUmodule module, byte[] image) throws CudaError {
        load(cuda.contexts().current(), module, image);
    }

    void cuModuleLoadDataEx(
            CUmodule module, Pointer image, int count, int @Nullable [] options, @Nullable Pointer values)
            throws CudaError {
        Context context = cuda.contexts().current();
        if (count < 0 || count > 0 && (options == null || options.length < count || values == null)) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        load(context, module, bytes(image));
    }

    void cuModuleLoadDataJIT(CUmodule module, Pointer image, JITOptions options) throws CudaError {
        Context context = cuda.contexts().current();
        Modules.Loaded loaded = load(context, module, bytes(image));
        JitLogs.put(options, loaded.log());
    }

    void cuModuleLoadFatBinary(CUmodule module, byte[] image) throws CudaError {
        cuda.contexts().current();
        throw refuse("cuModuleLoadFatBinary: a fat binary");
    }

    void cuModuleGetLoadingMode(int[] mode) throws CudaError {
        cuda.devices().check();
        mode[0] = 1; // CU_MODULE_EAGER_LOADING
    }

    void cuModuleUnload(CUmodule module) throws CudaError {
        cuda.contexts().current();
        cuda.modules().unload(cuda.modules().of(Pointers.handle(module)));
    }

    void cuModuleGetFunction(CUfunction function, CUmodule module, String name) throws CudaError {
        cuda.contexts().current();
        CudaModule loaded = cuda.modules().of(Pointers.handle(module));
        Pointers.set(function, cuda.modules().function(loaded, name).id());
    }

    void cuModuleGetGlobal(@Nullable CUdeviceptr address, long @Nullable [] bytes, CUmodule module, String name)
            throws CudaError {
        cuda.contexts().current();
        Call.GlobalGet.Result global =
                cuda.modules().global(cuda.modules().of(Pointers.handle(module)), name);
        if (address != null) {
            Pointers.setAddress(address, global.address());
        }
        if (bytes != null) {
            bytes[0] = global.bytes();
        }
    }

    void cuFuncGetAttribute(int[] value, int attribute, CUfunction function) throws CudaError {
        value[0] = cuda.modules().attribute(function(function), attribute);
    }

    void cuFuncSetAttribute(CUfunction function, int attribute, int value) throws CudaError {
        cuda.modules().setAttribute(function(function), attribute, value);
    }

    void cuFuncSetCacheConfig(CUfunction function, int config) throws CudaError {
        checkPreference(function, config, 3);
    }

    void cuFuncSetSharedMemConfig(CUfunction function, int config) throws CudaError {
        checkPreference(function, config, 2);
    }

    /** A hint that a device may ignore, and all that are supported do. */
    private void checkPreference(CUfunction function, int value, int greatest) throws CudaError {
        function(function);
        if (value < 0 || value > greatest) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
    }

    void cuFuncGetModule(CUmodule module, CUfunction function) throws CudaError {
        Pointers.set(module, function(function).module().id());
    }

    private Function function(CUfunction function) throws CudaError {
        cuda.contexts().current();
        return cuda.modules().functionOf(Pointers.handle(function));
    }

    private Modules.Loaded load(Context context, CUmodule module, byte[] image) throws CudaError {
        return switch (Modules.kind(image)) {
            case FAT_BINARY -> throw refuse("cuModuleLoad: a fat binary");
            case CUBIN -> throw refuse("cuModuleLoad: a cubin");
            case PTX -> {
                Modules.Loaded loaded = cuda.modules().load(context, text(image));
                Pointers.set(module, loaded.module().id());
                yield loaded;
            }
        };
    }

    private static CudaError refuse(String what) {
        Notices.sayOnce(what + " is not supported; build the kernels to PTX (nvcc -ptx)");
        return new CudaError(CudaResult.NOT_SUPPORTED);
    }

    /** The text up to its zero byte, or all of it. */
    private static byte[] text(byte[] image) {
        int length = 0;
        while (length < image.length && image[length] != 0) {
            length++;
        }
        return length == image.length ? image : Arrays.copyOf(image, length);
    }

    private static byte[] bytes(Pointer image) throws CudaError {
        if (HostPlaces.isJava(image)) {
            return HostPlaces.memory(image)
                    .asSlice(Pointers.offset(image))
                    .toArray(ValueLayout.JAVA_BYTE);
        }
        long address = Pointers.value(image);
        if (address == 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        MemorySegment text = MemorySegment.ofAddress(address).reinterpret(Long.MAX_VALUE);
        return text.getString(0, StandardCharsets.ISO_8859_1)
                .getBytes(StandardCharsets.ISO_8859_1);
    }
}
