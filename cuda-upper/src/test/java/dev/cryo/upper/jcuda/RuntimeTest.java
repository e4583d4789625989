package dev.cryo.upper.jcuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.fake.FakeDevice;
import dev.cryo.upper.fake.Rig;
import java.lang.invoke.CallSite;
import java.lang.invoke.MethodType;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.runtime.cudaDeviceProp;
import jcuda.runtime.cudaError;
import jcuda.runtime.cudaEvent_t;
import jcuda.runtime.cudaExtent;
import jcuda.runtime.cudaMemcpy3DParms;
import jcuda.runtime.cudaMemcpyKind;
import jcuda.runtime.cudaMemoryType;
import jcuda.runtime.cudaPitchedPtr;
import jcuda.runtime.cudaPointerAttributes;
import jcuda.runtime.cudaStream_t;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RuntimeTest {
    private final FakeDevice device = new FakeDevice();
    private final Cuda cuda = Rig.raw(device);
    private final Translator runtime = Translator.runtime(cuda);
    private final RuntimeDevices devices = new RuntimeDevices(cuda);
    private final RuntimeSettings settings = new RuntimeSettings(cuda);
    private final RuntimeMemory memory = new RuntimeMemory(cuda);
    private final RuntimeHostMemory hostMemory = new RuntimeHostMemory(cuda);
    private final RuntimeCopies copies = new RuntimeCopies(cuda);
    private final RuntimeSets sets = new RuntimeSets(cuda);
    private final RuntimeStreams streams = new RuntimeStreams(cuda);
    private final RuntimeEvents events = new RuntimeEvents(cuda);
    private final RuntimeErrors errors = new RuntimeErrors(cuda);

    @AfterEach
    void endTheContext() throws Exception {
        settings.cudaDeviceReset();
    }

    /** Calls a function as JCuda does, by its native method. */
    private int call(String function, Class<?>[] types, Object... arguments) throws Exception {
        CallSite site = runtime.link(function + "Native", MethodType.methodType(int.class, types));
        try {
            return (int) site.dynamicInvoker().invokeWithArguments(arguments);
        } catch (Exception e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private Pointer allocate(long bytes) throws Exception {
        Pointer pointer = new Pointer();
        memory.cudaMalloc(pointer, bytes);
        return pointer;
    }

    @Test
    void theFirstCallThatNeedsItBeginsThePrimaryContext() throws Exception {
        int[] count = new int[1];
        devices.cudaGetDeviceCount(count);
        assertThat(count).containsExactly(2);
        assertThat(device.calls()).isEmpty();
        memory.cudaFree(new Pointer());
        assertThat(device.calls()).singleElement().isInstanceOf(Call.CtxCreate.class);
        CUcontext current = new CUcontext();
        new DriverContexts(cuda).cuCtxGetCurrent(current);
        CUcontext retained = new CUcontext();
        new DriverPrimaryContexts(cuda).cuDevicePrimaryCtxRetain(retained, new jcuda.driver.CUdevice());
        assertThat(current).isEqualTo(retained);
    }

    @Test
    void bothApisSeeTheSameObjects() throws Exception {
        cudaStream_t stream = new cudaStream_t();
        streams.cudaStreamCreate(stream);
        new DriverStreams(cuda).cuStreamSynchronize(new CUstream(stream));
        CUdeviceptr pointer = new CUdeviceptr();
        memory.cudaMalloc(pointer, 16);
        new DriverMemory(cuda).cuMemFree(pointer);
    }

    @Test
    void anotherContextThatIsCurrentIsUsed() throws Exception {
        cuda.devices().initialize(0);
        long own = cuda.contexts().create(0, 1).id();
        allocate(16);
        assertThat(device.last()).isInstanceOfSatisfying(Call.MemMap.class, call -> assertThat(call.context())
                .isEqualTo(own));
        int[] current = new int[1];
        devices.cudaGetDevice(current);
        assertThat(current).containsExactly(1);
        cuda.contexts().destroy(own);
    }

    @Test
    void afterAResetTheNextCallBeginsAnew() throws Exception {
        Pointer pointer = allocate(16);
        settings.cudaDeviceReset();
        assertThat(Rig.code(() -> memory.cudaFree(pointer))).isEqualTo(cudaError.cudaErrorInvalidValue);
        assertThat(allocate(16)).isEqualTo(pointer);
    }

    @Test
    void eachThreadHasADevice() throws Exception {
        devices.cudaSetDevice(1);
        int[] here = new int[1];
        devices.cudaGetDevice(here);
        int[] there = new int[1];
        Thread thread = new Thread(() -> Rig.code(() -> devices.cudaGetDevice(there)));
        thread.start();
        thread.join();
        assertThat(here).containsExactly(1);
        assertThat(there).containsExactly(0);
        assertThat(Rig.code(() -> devices.cudaSetDevice(2))).isEqualTo(cudaError.cudaErrorInvalidDevice);
        assertThat(Pointers.value(allocate(1))).isEqualTo(0x1100_0000_0000L);
        settings.cudaDeviceReset();
    }

    @Test
    void theLastErrorIsRememberedUntilItIsTaken() throws Exception {
        Class<?>[] types = {Pointer.class, long.class};
        assertThat(call("cudaMalloc", types, new Pointer(), Long.MAX_VALUE))
                .isEqualTo(cudaError.cudaErrorMemoryAllocation);
        assertThat(call("cudaMalloc", types, new Pointer(), 8L)).isZero();
        assertThat(call("cudaPeekAtLastError", new Class<?>[0])).isEqualTo(cudaError.cudaErrorMemoryAllocation);
        assertThat(call("cudaGetLastError", new Class<?>[0])).isEqualTo(cudaError.cudaErrorMemoryAllocation);
        assertThat(call("cudaGetLastError", new Class<?>[0])).isZero();
    }

    @Test
    void aStickyErrorStaysTheLastErrorUntilTheReset() throws Exception {
        allocate(16);
        long context = cuda.contexts().current().id();
        device.fault(context, cudaError.cudaErrorIllegalAddress);
        assertThat(call("cudaDeviceSynchronize", new Class<?>[0])).isEqualTo(cudaError.cudaErrorIllegalAddress);
        assertThat(call("cudaGetLastError", new Class<?>[0])).isEqualTo(cudaError.cudaErrorIllegalAddress);
        assertThat(call("cudaGetLastError", new Class<?>[0])).isEqualTo(cudaError.cudaErrorIllegalAddress);
        assertThat(call("cudaDeviceReset", new Class<?>[0])).isZero();
        assertThat(call("cudaGetLastError", new Class<?>[0])).isZero();
        assertThat(call("cudaDeviceSynchronize", new Class<?>[0])).isZero();
    }

    @Test
    void whatIsNotTranslatedIsRefused() throws Exception {
        assertThat(call("cudaMallocArray", new Class<?>[0])).isEqualTo(cudaError.cudaErrorNotSupported);
        assertThat(call("cudaGetLastError", new Class<?>[0])).isEqualTo(cudaError.cudaErrorNotSupported);
    }

    @Test
    void errorsHaveNamesAndTexts() {
        assertThat(errors.cudaGetErrorName(2)).isEqualTo("cudaErrorMemoryAllocation");
        assertThat(errors.cudaGetErrorString(2)).isEqualTo("out of memory");
        assertThat(errors.cudaGetErrorString(123456)).isEqualTo("unrecognized error code");
        assertThat(CUresult.stringFor(2)).isEqualTo("CUDA_ERROR_OUT_OF_MEMORY");
    }

    @Test
    void propertiesAreThoseOfTheDevice() throws Exception {
        cudaDeviceProp properties = new cudaDeviceProp();
        devices.cudaGetDeviceProperties(properties, 1);
        assertThat(properties.getName()).isEqualTo("Fake 1");
        assertThat(properties.totalGlobalMem).isEqualTo(FakeDevice.TOTAL_BYTES);
        assertThat(properties.warpSize).isEqualTo(32);
        assertThat(properties.maxThreadsDim).containsExactly(1024, 1024, 64);
        assertThat(properties.major).isEqualTo(7);
        int[] chosen = new int[1];
        devices.cudaChooseDevice(chosen, new cudaDeviceProp());
        assertThat(chosen).containsExactly(0);
    }

    @Test
    void copiesGoAsTheirKindSays() throws Exception {
        Pointer on = allocate(16);
        int[] values = {1, 2, 3, 4};
        copies.cudaMemcpy(on, Pointer.to(values), 16, cudaMemcpyKind.cudaMemcpyHostToDevice);
        int[] back = new int[4];
        copies.cudaMemcpy(Pointer.to(back), on, 16, cudaMemcpyKind.cudaMemcpyDeviceToHost);
        assertThat(back).isEqualTo(values);
        Pointer second = allocate(16);
        copies.cudaMemcpyAsync(second, on, 16, cudaMemcpyKind.cudaMemcpyDeviceToDevice, null);
        int[] byAddress = new int[4];
        copies.cudaMemcpy(Pointer.to(byAddress), second, 16, cudaMemcpyKind.cudaMemcpyDefault);
        assertThat(byAddress).isEqualTo(values);
        int[] inHost = new int[4];
        copies.cudaMemcpy(Pointer.to(inHost), Pointer.to(back), 16, cudaMemcpyKind.cudaMemcpyHostToHost);
        assertThat(inHost).isEqualTo(values);
        assertThat(Rig.code(() -> copies.cudaMemcpy(on, Pointer.to(values), 16, 7)))
                .isEqualTo(cudaError.cudaErrorInvalidMemcpyDirection);
        assertThat(Rig.code(() -> copies.cudaMemcpy(
                        Pointer.to(values), Pointer.to(values), 16, cudaMemcpyKind.cudaMemcpyHostToDevice)))
                .isEqualTo(cudaError.cudaErrorInvalidValue);
        assertThat(Rig.code(() -> copies.cudaMemcpy2D(
                        on, 4, Pointer.to(values), 8, 8, 2, cudaMemcpyKind.cudaMemcpyHostToDevice)))
                .isEqualTo(cudaError.cudaErrorInvalidPitchValue);
    }

    @Test
    void boxesHavePitchedMemory() throws Exception {
        cudaPitchedPtr pitched = new cudaPitchedPtr();
        cudaExtent extent = new cudaExtent(12, 3, 2);
        memory.cudaMalloc3D(pitched, extent);
        assertThat(pitched.pitch).isEqualTo(512);
        sets.cudaMemset3D(pitched, 5, extent);
        byte[] box = new byte[12 * 3 * 2];
        cudaMemcpy3DParms copy = new cudaMemcpy3DParms();
        copy.srcPtr = pitched;
        copy.dstPtr.ptr = Pointer.to(box);
        copy.dstPtr.pitch = 12;
        copy.dstPtr.ysize = 3;
        copy.extent = extent;
        copy.kind = cudaMemcpyKind.cudaMemcpyDeviceToHost;
        copies.cudaMemcpy3D(copy);
        assertThat(box).containsOnly(5);
    }

    @Test
    void pageLockedMemoryIsSharedWithTheDevice() throws Exception {
        Pointer locked = new Pointer();
        hostMemory.cudaHostAlloc(locked, 64, 2);
        locked.getByteBuffer().put(0, (byte) 9);
        Pointer on = allocate(64);
        copies.cudaMemcpy(on, locked, 64, cudaMemcpyKind.cudaMemcpyHostToDevice);
        byte[] back = new byte[1];
        copies.cudaMemcpy(Pointer.to(back), on, 1, cudaMemcpyKind.cudaMemcpyDeviceToHost);
        assertThat(back).containsExactly(9);
        Pointer mapped = new Pointer();
        hostMemory.cudaHostGetDevicePointer(mapped, locked, 0);
        assertThat(Pointers.value(mapped)).isEqualTo(Pointers.value(locked));
        cudaPointerAttributes attributes = new cudaPointerAttributes();
        memory.cudaPointerGetAttributes(attributes, mapped);
        assertThat(attributes.type).isEqualTo(cudaMemoryType.cudaMemoryTypeHost);
        memory.cudaPointerGetAttributes(attributes, on);
        assertThat(attributes.type).isEqualTo(cudaMemoryType.cudaMemoryTypeDevice);
        memory.cudaPointerGetAttributes(attributes, Pointer.to(back));
        assertThat(attributes.type).isEqualTo(cudaMemoryType.cudaMemoryTypeUnregistered);
        hostMemory.cudaFreeHost(locked);
    }

    @Test
    void eventsTellTimes() throws Exception {
        cudaEvent_t start = new cudaEvent_t();
        cudaEvent_t end = new cudaEvent_t();
        events.cudaEventCreate(start);
        events.cudaEventCreate(end);
        events.cudaEventRecord(start, null);
        events.cudaEventRecord(end, null);
        events.cudaEventSynchronize(end);
        float[] time = new float[1];
        events.cudaEventElapsedTime(time, start, end);
        assertThat(time).containsExactly(2.5f);
    }
}
