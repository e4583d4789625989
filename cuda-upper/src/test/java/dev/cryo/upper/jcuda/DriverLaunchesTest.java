package dev.cryo.upper.jcuda;

import static dev.cryo.upper.fake.Rig.code;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.upper.fake.Rig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JITOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class DriverLaunchesTest {
    private static final byte[] TEXT = "text\0behind the end".getBytes(StandardCharsets.UTF_8);

    private final Rig rig = Rig.start();
    private final DriverModules modules = new DriverModules(rig.cuda());
    private final DriverLaunches launches = new DriverLaunches(rig.cuda());
    private final DriverLegacyLaunches legacy = new DriverLegacyLaunches(rig.cuda());
    private final DriverStreams streams = new DriverStreams(rig.cuda());
    private final DriverEvents events = new DriverEvents(rig.cuda());
    private final CUmodule module = new CUmodule();

    private CUfunction kernel(String name) throws Exception {
        if (Pointers.value(module) == 0) {
            modules.cuModuleLoadData(module, TEXT);
        }
        CUfunction kernel = new CUfunction();
        modules.cuModuleGetFunction(kernel, module, name);
        return kernel;
    }

    private int launch(CUfunction kernel, @Nullable Pointer parameters, @Nullable Pointer extra) {
        return code(() -> launches.cuLaunchKernel(kernel, 2, 3, 4, 5, 6, 7, 100, null, parameters, extra));
    }

    private Call.Launch launched() {
        return (Call.Launch) rig.device().last();
    }

    @Test
    void parametersAreCopiedToWhereTheKernelHasThem() throws Exception {
        CUfunction kernel = kernel("k_4_8_2_1_8_4");
        CUdeviceptr memory = new CUdeviceptr();
        Pointers.set(memory, 0x1122334455667788L);
        Pointer parameters = Pointer.to(
                Pointer.to(new int[] {0x01020304}),
                Pointer.to(memory.withByteOffset(1)),
                Pointer.to(new short[] {0x0506}),
                Pointer.to(new byte[] {0, 9}).withByteOffset(1),
                Pointer.to(new double[] {2.0}),
                Pointer.to(new float[] {1.0f}));
        assertThat(launch(kernel, parameters, null)).isZero();
        ByteBuffer expected = ByteBuffer.allocate(36).order(ByteOrder.LITTLE_ENDIAN);
        expected.putInt(0, 0x01020304);
        expected.putLong(8, 0x1122334455667789L);
        expected.putShort(16, (short) 0x0506);
        expected.put(18, (byte) 9);
        expected.putDouble(24, 2.0);
        expected.putFloat(32, 1.0f);
        Call.Launch call = launched();
        assertThat(call.parameters()).isEqualTo(expected.array());
        assertThat(new int[] {call.gridX(), call.gridY(), call.gridZ()}).containsExactly(2, 3, 4);
        assertThat(new int[] {call.blockX(), call.blockY(), call.blockZ()}).containsExactly(5, 6, 7);
        assertThat(call.sharedBytes()).isEqualTo(100);
        assertThat(call.function()).isEqualTo(Pointers.value(kernel));
    }

    @Test
    void structuresAndBuffersArePassedByValue() throws Exception {
        CUfunction kernel = kernel("k_12_4");
        ByteBuffer structure = ByteBuffer.allocateDirect(16);
        structure.put(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
        Pointer parameters = Pointer.to(Pointer.to(structure), Pointer.to(new int[] {0, 13}).withByteOffset(4));
        assertThat(launch(kernel, parameters, null)).isZero();
        assertThat(launched().parameters()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 0, 0);
    }

    @Test
    void theParameterBlockCanBeGivenAsOne() throws Exception {
        CUfunction kernel = kernel("k_4_8");
        byte[] block = new byte[20];
        block[0] = 7;
        block[15] = 9;
        Pointer extra = extra(block, 16);
        assertThat(launch(kernel, null, extra)).isZero();
        assertThat(launched().parameters()).containsExactly(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9);
        assertThat(launch(kernel, null, extra(block, 12))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(launch(kernel, Pointer.to(Pointer.to(block), Pointer.to(block)), extra))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    }

    private static Pointer extra(byte[] block, long bytes) {
        Pointer[] names = Names.LIST;
        return Pointer.to(names[1], Pointer.to(block), names[2], Pointer.to(new long[] {bytes}), names[0]);
    }

    /** JCuda's own constants would load its library. */
    private static final class Names {
        static final Pointer[] LIST = {new Pointer(), new Pointer(), new Pointer()};

        static {
            for (int i = 0; i < LIST.length; i++) {
                Pointers.set(LIST[i], i);
            }
        }
    }

    @Test
    void wrongParametersAreRefused() throws Exception {
        CUfunction kernel = kernel("k_4_8");
        assertThat(launch(kernel, null, null)).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(launch(kernel, new Pointer(), null)).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        Pointer one = Pointer.to(Pointer.to(new int[1]));
        assertThat(launch(kernel, one, null)).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        Pointer tooSmall = Pointer.to(Pointer.to(new byte[3]), Pointer.to(new long[1]));
        assertThat(launch(kernel, tooSmall, null)).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(launch(kernel("k"), null, null)).isZero();
        assertThat(launched().parameters()).isEmpty();
    }

    @Test
    void wrongShapesAreRefusedAtOnce() throws Exception {
        CUfunction kernel = kernel("k");
        rig.device().forget();
        int[][] shapes = {{0, 1, 1, 1, 1, 1}, {1, 70000, 1, 1, 1, 1}, {1, 1, 1, 0, 1, 1}, {1, 1, 1, 1, 1, 65}};
        for (int[] it : shapes) {
            assertThat(code(() -> launches.cuLaunchKernel(
                            kernel, it[0], it[1], it[2], it[3], it[4], it[5], 0, null, null, null)))
                    .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        }
        assertThat(code(() -> launches.cuLaunchKernel(kernel, 1, 1, 1, 1024, 2, 1, 0, null, null, null)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(code(() -> launches.cuLaunchKernel(kernel, 1, 1, 1, 513, 1, 1, 0, null, null, null)))
                .isEqualTo(CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
        assertThat(code(() -> launches.cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 49000, null, null, null)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        modules.cuFuncSetAttribute(kernel, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 60000);
        assertThat(code(() -> launches.cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 49000, null, null, null)))
                .isZero();
        assertThat(code(() ->
                        launches.cuLaunchKernel(new CUfunction(), 1, 1, 1, 1, 1, 1, 0, null, null, null)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
    }

    @Test
    void aLaunchCanBeSetUpStepByStep() throws Exception {
        CUfunction kernel = kernel("k_4_4_8");
        legacy.cuFuncSetBlockShape(kernel, 8, 4, 2);
        legacy.cuFuncSetSharedSize(kernel, 64);
        legacy.cuParamSeti(kernel, 0, 5);
        legacy.cuParamSetf(kernel, 4, 1.0f);
        CUdeviceptr memory = new CUdeviceptr();
        Pointers.set(memory, 77);
        legacy.cuParamSetv(kernel, 8, Pointer.to(memory), 8);
        legacy.cuParamSetSize(kernel, 16);
        legacy.cuLaunchGrid(kernel, 3, 2);
        Call.Launch call = launched();
        assertThat(call.parameters()).containsExactly(5, 0, 0, 0, 0, 0, -128, 63, 77, 0, 0, 0, 0, 0, 0, 0);
        assertThat(new int[] {call.gridX(), call.gridY(), call.blockX(), call.blockY(), call.blockZ()})
                .containsExactly(3, 2, 8, 4, 2);
        assertThat(call.sharedBytes()).isEqualTo(64);
    }

    @Nested
    class OfModules {
        @Test
        void textEndsAtItsZeroByte() throws Exception {
            kernel("k");
            assertThat(rig.calls().getFirst()).isInstanceOfSatisfying(Call.ModuleLoad.class, call -> assertThat(
                            call.image())
                    .isEqualTo("text".getBytes(StandardCharsets.UTF_8)));
        }

        @Test
        void whatCannotBeLoadedIsNamed() {
            CUmodule other = new CUmodule();
            assertThat(code(() -> modules.cuModuleLoadData(other, "bad".getBytes(StandardCharsets.UTF_8))))
                    .isEqualTo(CUresult.CUDA_ERROR_INVALID_PTX);
            byte[] fat = {0x50, (byte) 0xed, 0x55, (byte) 0xba, 1};
            assertThat(code(() -> modules.cuModuleLoadData(other, fat))).isEqualTo(CUresult.CUDA_ERROR_NOT_SUPPORTED);
            assertThat(code(() -> modules.cuModuleLoadFatBinary(other, fat)))
                    .isEqualTo(CUresult.CUDA_ERROR_NOT_SUPPORTED);
            assertThat(code(() -> modules.cuModuleLoad(other, Path.of("no", "such", "file").toString())))
                    .isEqualTo(CUresult.CUDA_ERROR_FILE_NOT_FOUND);
        }

        @Test
        void optionsOfTheCompilerAreTakenAndItsLogGiven() throws Exception {
            CUmodule other = new CUmodule();
            modules.cuModuleLoadDataEx(
                    other, Pointer.to(TEXT), 1, new int[] {CUjit_option.CU_JIT_MAX_REGISTERS}, Pointer.to(new int[1]));
            JITOptions options = new JITOptions();
            options.putBytes(CUjit_option.CU_JIT_INFO_LOG_BUFFER, new byte[5]);
            modules.cuModuleLoadDataJIT(other, Pointer.to(TEXT), options);
            assertThat(options.getString(CUjit_option.CU_JIT_INFO_LOG_BUFFER)).startsWith("comp");
        }

        @Test
        void functionsAndGlobalsAreFoundByName() throws Exception {
            CUfunction first = kernel("k_4");
            assertThat(kernel("k_4")).isEqualTo(first);
            CUfunction missing = new CUfunction();
            assertThat(code(() -> modules.cuModuleGetFunction(missing, module, "missing")))
                    .isEqualTo(CUresult.CUDA_ERROR_NOT_FOUND);
            CUdeviceptr address = new CUdeviceptr();
            long[] bytes = new long[1];
            modules.cuModuleGetGlobal(address, bytes, module, "global");
            assertThat(bytes).containsExactly(256);
            new DriverCopies(rig.cuda()).cuMemcpyHtoD(address, Pointer.to(new byte[256]), 256);
            assertThat(code(() -> modules.cuModuleGetGlobal(address, bytes, module, "missing")))
                    .isEqualTo(CUresult.CUDA_ERROR_NOT_FOUND);
            int[] value = new int[1];
            modules.cuFuncGetAttribute(value, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, first);
            assertThat(value).containsExactly(1024);
        }

        @Test
        void anUnloadedModuleTakesItsFunctionsWithIt() throws Exception {
            CUfunction kernel = kernel("k");
            modules.cuModuleUnload(module);
            assertThat(launch(kernel, null, null)).isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
            assertThat(code(() -> modules.cuModuleUnload(module))).isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
            assertThat(rig.log().calls()).hasSize(1);
        }
    }

    @Nested
    class OfStreamsAndEvents {
        private CUstream stream() throws Exception {
            CUstream stream = new CUstream();
            streams.cuStreamCreateWithPriority(stream, 1, -100);
            return stream;
        }

        private CUevent event(int flags) throws Exception {
            CUevent event = new CUevent();
            events.cuEventCreate(event, flags);
            return event;
        }

        @Test
        void aDestroyedHandleIsInvalid() throws Exception {
            CUstream stream = stream();
            int[] priority = new int[1];
            streams.cuStreamGetPriority(stream, priority);
            assertThat(priority).containsExactly(-5);
            streams.cuStreamDestroy(stream);
            assertThat(code(() -> streams.cuStreamSynchronize(stream))).isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
            assertThat(code(() -> streams.cuStreamDestroy(stream))).isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
            assertThat(code(() -> streams.cuStreamDestroy(new CUstream())))
                    .isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
            CUevent event = event(0);
            events.cuEventDestroy(event);
            assertThat(code(() -> events.cuEventRecord(event, null))).isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
            assertThat(code(() -> events.cuEventQuery(new CUevent()))).isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
            assertThat(rig.log().calls()).hasSize(1);
        }

        @Test
        void aHandleOfAnotherKindIsInvalid() throws Exception {
            CUstream impostor = new CUstream();
            Pointers.set(impostor, Pointers.value(event(0)));
            assertThat(code(() -> streams.cuStreamQuery(impostor))).isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
        }

        @Test
        void timeIsToldBetweenRecordedEventsThatTakeIt() throws Exception {
            CUevent first = event(0);
            CUevent second = event(0);
            float[] time = new float[1];
            assertThat(code(() -> events.cuEventElapsedTime(time, first, second)))
                    .isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
            events.cuEventRecord(first, null);
            events.cuEventRecord(second, null);
            events.cuEventElapsedTime(time, first, second);
            assertThat(time).containsExactly(2.5f);
            CUevent untimed = event(2);
            events.cuEventRecord(untimed, null);
            assertThat(code(() -> events.cuEventElapsedTime(time, first, untimed)))
                    .isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
            assertThat(code(() -> event0(32))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        }

        private void event0(int flags) throws dev.cryo.upper.cuda.CudaError {
            events.cuEventCreate(new CUevent(), flags);
        }

        @Test
        void anEventThatRecordedNothingHoldsUpNothing() throws Exception {
            CUevent event = event(0);
            rig.device().forget();
            streams.cuStreamWaitEvent(null, event, 0);
            events.cuEventSynchronize(event);
            events.cuEventQuery(event);
            assertThat(rig.calls()).isEmpty();
        }

        @Test
        void eachThreadHasAStreamOfItsOwn() throws Exception {
            CUstream perThread = new CUstream();
            Pointers.set(perThread, 2);
            long[] id = new long[2];
            streams.cuStreamGetId(perThread, id);
            long[] again = new long[1];
            streams.cuStreamGetId(perThread, again);
            assertThat(again[0]).isEqualTo(id[0]);
            long[] other = new long[1];
            Thread thread = new Thread(() -> code(() -> {
                rig.cuda().contexts().setCurrent(rig.context().id());
                streams.cuStreamGetId(perThread, other);
            }));
            thread.start();
            thread.join();
            assertThat(other[0]).isNotZero().isNotEqualTo(id[0]);
        }
    }
}
