package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Function;
import dev.cryo.upper.cuda.LegacyLaunch;
import dev.cryo.upper.cuda.Stream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;
import org.jspecify.annotations.Nullable;

/** The functions that set up a launch step by step. */
record DriverLegacyLaunches(Cuda cuda) {
    private static final int MAX_PARAMETER_BYTES = 32764;

    void cuFuncSetBlockShape(CUfunction kernel, int x, int y, int z) throws CudaError {
        Function function = function(kernel);
        if (x <= 0 || y <= 0 || z <= 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        function.setLegacyLaunch(function.legacyLaunch().block(x, y, z));
    }

    void cuFuncSetSharedSize(CUfunction kernel, int bytes) throws CudaError {
        Function function = function(kernel);
        function.setLegacyLaunch(function.legacyLaunch().shared(bytes));
    }

    void cuParamSetSize(CUfunction kernel, int bytes) throws CudaError {
        Function function = function(kernel);
        checkParameter(0, bytes);
        function.setLegacyLaunch(function.legacyLaunch().size(bytes));
    }

    void cuParamSeti(CUfunction kernel, int offset, int value) throws CudaError {
        set(kernel, offset, bytes(Integer.BYTES).putInt(value).array());
    }

    void cuParamSetf(CUfunction kernel, int offset, float value) throws CudaError {
        set(kernel, offset, bytes(Float.BYTES).putFloat(value).array());
    }

    void cuParamSetv(CUfunction kernel, int offset, Pointer value, int count) throws CudaError {
        checkParameter(offset, count);
        byte[] bytes = new byte[count];
        KernelParameters.put(bytes, 0, count, value);
        set(kernel, offset, bytes);
    }

    private void set(CUfunction kernel, int offset, byte[] value) throws CudaError {
        Function function = function(kernel);
        checkParameter(offset, value.length);
        function.setLegacyLaunch(function.legacyLaunch().parameter(offset, value));
    }

    private static void checkParameter(int offset, int bytes) throws CudaError {
        if (offset < 0 || bytes < 0 || (long) offset + bytes > MAX_PARAMETER_BYTES) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
    }

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocate(count).order(ByteOrder.nativeOrder());
    }

    void cuLaunch(CUfunction kernel) throws CudaError {
        launch(kernel, 1, 1, cuda.contexts().current().legacy());
    }

    void cuLaunchGrid(CUfunction kernel, int width, int height) throws CudaError {
        launch(kernel, width, height, cuda.contexts().current().legacy());
    }

    void cuLaunchGridAsync(CUfunction kernel, int width, int height, @Nullable CUstream stream) throws CudaError {
        launch(kernel, width, height, cuda.streams().of(cuda.contexts().current(), Pointers.value(stream)));
    }

    private void launch(CUfunction kernel, int width, int height, Stream stream) throws CudaError {
        Function function = function(kernel);
        LegacyLaunch set = function.legacyLaunch();
        int bytes = function.facts().paramBytes();
        if (set.parameters().length < bytes) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        cuda.launches()
                .launch(
                        function,
                        stream,
                        width,
                        height,
                        1,
                        set.blockX(),
                        set.blockY(),
                        set.blockZ(),
                        set.sharedBytes(),
                        Arrays.copyOf(set.parameters(), bytes));
    }

    private Function function(CUfunction kernel) throws CudaError {
        cuda.contexts().current();
        return cuda.modules().functionOf(Pointers.handle(kernel));
    }
}
