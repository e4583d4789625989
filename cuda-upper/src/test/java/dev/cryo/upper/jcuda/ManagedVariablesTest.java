package dev.cryo.upper.jcuda;

import static dev.cryo.upper.fake.Rig.code;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.fake.FakeDevice;
import dev.cryo.upper.fake.Rig;
import java.nio.charset.StandardCharsets;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmodule;
import jcuda.driver.CUpointer_attribute;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.Test;

class ManagedVariablesTest {
    private final Rig rig = Rig.start();
    private final DriverModules modules = new DriverModules(rig.cuda());
    private final DriverMemory memory = new DriverMemory(rig.cuda());

    private CUmodule load(String image) throws CudaError {
        CUmodule module = new CUmodule();
        modules.cuModuleLoadData(module, image.getBytes(StandardCharsets.UTF_8));
        return module;
    }

    private static CUdeviceptr global(DriverModules modules, CUmodule module, String name) throws CudaError {
        CUdeviceptr address = new CUdeviceptr();
        modules.cuModuleGetGlobal(address, new long[1], module, name);
        return address;
    }

    @Test
    void theyLieInUnifiedMemoryOfTheModule() throws Exception {
        CUmodule module = load(".managed 5000");
        CUdeviceptr variable = global(modules, module, "managed");
        long at = Pointers.value(variable);
        assertThat(rig.calls())
                .extracting(call -> call.getClass().getSimpleName())
                .containsExactly("ModuleMeasure", "ManagedAlloc", "ModuleLoadManaged", "GlobalGet");
        assertThat(rig.calls()).contains(new Call.ManagedAlloc(at, rig.context().id(), 5000, 1));
        assertThat(rig.log().calls().getLast())
                .isInstanceOfSatisfying(Call.ModuleLoadManaged.class, load -> {
                    assertThat(load.managedAt()).isEqualTo(at);
                    assertThat(load.globalsBytes()).isEqualTo(256);
                });
        int[] managed = new int[1];
        new DriverPointers(rig.cuda())
                .cuPointerGetAttribute(
                        Pointer.to(managed), CUpointer_attribute.CU_POINTER_ATTRIBUTE_IS_MANAGED, variable);
        assertThat(managed).containsExactly(1);
        assertThat(new PointerBuffers(rig.cuda().unifiedMemory()).getByteBuffer(variable, 4996, 4)).isNotNull();
        new DriverUnifiedMemory(rig.cuda()).cuMemPrefetchAsync(variable, 4, null, null);
        new DriverUnifiedMemory(rig.cuda()).cuMemAdvise(variable, 5000, 1, null);
        assertThat(rig.log().calls()).anyMatch(Call.ManagedAdvise.class::isInstance);
    }

    @Test
    void theyEndWithTheModuleAndNotBefore() throws Exception {
        CUmodule module = load(".managed 5000");
        CUdeviceptr variable = global(modules, module, "managed");
        assertThat(code(() -> memory.cuMemFree(variable))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        modules.cuModuleUnload(module);
        long at = Pointers.value(variable);
        assertThat(rig.calls())
                .containsSubsequence(new Call.ModuleUnload(Pointers.value(module)), new Call.ManagedFree(at));
        assertThat(rig.cuda().unifiedMemory().find(at)).isNull();
        assertThat(rig.log().calls()).hasSize(1);
    }

    @Test
    void theyEndWithTheContext() throws Exception {
        CUdeviceptr variable = global(modules, load(".managed 5000"), "managed");
        rig.cuda().contexts().destroy(rig.context().id());
        assertThat(rig.calls()).containsSubsequence(
                new Call.ManagedFree(Pointers.value(variable)), new Call.CtxDestroy(rig.context().id()));
        assertThat(rig.log().calls()).isEmpty();
    }

    @Test
    void nothingIsLeftOfAModuleThatCannotBeLoaded() {
        assertThat(code(() -> load(".managed 2000000"))).isEqualTo(CUresult.CUDA_ERROR_INVALID_PTX);
        assertThat(rig.calls()).anyMatch(Call.ManagedFree.class::isInstance);
        assertThat(rig.log().calls()).hasSize(1);
        assertThat(code(() -> load(".managed 999999999999"))).isEqualTo(CUresult.CUDA_ERROR_OUT_OF_MEMORY);
        assertThat(rig.log().calls()).hasSize(1);
    }

    @Test
    void aModuleThatOnlyMentionsThemIsLoadedAsAnyOther() throws Exception {
        load("// not .managed");
        assertThat(rig.calls())
                .extracting(call -> call.getClass().getSimpleName())
                .containsExactly("ModuleMeasure", "ModuleLoad");
    }

    @Test
    void theyAreTakenOverByALaterProcess() throws Exception {
        CUmodule module = load(".managed 5000");
        CUdeviceptr variable = global(modules, module, "managed");
        List<Call> log = rig.log().calls();
        FakeDevice device = new FakeDevice();
        Cuda later = Rig.raw(device);
        log.forEach(call -> device.execute(call, new LowerHalf.Reply() {
            @Override
            public void done(Record result) {
                // Replayed.
            }

            @Override
            public void failed(int code) {
                throw new AssertionError("the replay failed with " + code);
            }
        }));
        assertThat(later.adoption().adopt(log)).isEqualTo(log);
        later.contexts().setCurrent(rig.context().id());
        DriverModules adopted = new DriverModules(later);
        assertThat(Pointers.value(global(adopted, module, "managed"))).isEqualTo(Pointers.value(variable));
        assertThat(code(() -> new DriverMemory(later).cuMemFree(variable)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        adopted.cuModuleUnload(module);
        assertThat(later.unifiedMemory().find(Pointers.value(variable))).isNull();
    }
}
