package dev.cryo.upper.jcuda;

import static dev.cryo.upper.fake.Rig.code;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.fake.FakeDevice;
import dev.cryo.upper.fake.Rig;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.Test;

class DriverContextsTest {
    private static final CUdevice DEVICE = new CUdevice();

    private final FakeDevice device = new FakeDevice();
    private final Cuda cuda = Rig.raw(device);
    private final DriverDevices devices = new DriverDevices(cuda);
    private final DriverContexts contexts = new DriverContexts(cuda);
    private final DriverPrimaryContexts primaries = new DriverPrimaryContexts(cuda);
    private final DriverMemory memory = new DriverMemory(cuda);

    private CUcontext create() throws Exception {
        CUcontext context = new CUcontext();
        contexts.cuCtxCreate(context, 0, DEVICE);
        return context;
    }

    private CUcontext current() throws Exception {
        CUcontext context = new CUcontext();
        contexts.cuCtxGetCurrent(context);
        return context;
    }

    private int use() {
        return code(() -> memory.cuMemAlloc(new CUdeviceptr(), 16));
    }

    @Test
    void nothingWorksBeforeInitialisationButWhatNeedsNone() throws Exception {
        assertThat(code(() -> contexts.cuCtxCreate(new CUcontext(), 0, DEVICE)))
                .isEqualTo(CUresult.CUDA_ERROR_NOT_INITIALIZED);
        assertThat(use()).isEqualTo(CUresult.CUDA_ERROR_NOT_INITIALIZED);
        assertThat(code(() -> devices.cuDeviceGetCount(new int[1]))).isEqualTo(CUresult.CUDA_ERROR_NOT_INITIALIZED);
        assertThat(code(() -> devices.cuInit(1))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        int[] version = new int[1];
        devices.cuDriverGetVersion(version);
        assertThat(version).containsExactly(13000);
        String[] name = new String[1];
        devices.cuGetErrorName(700, name);
        assertThat(name).containsExactly("CUDA_ERROR_ILLEGAL_ADDRESS");
        devices.cuGetErrorString(700, name);
        assertThat(name).containsExactly("an illegal memory access was encountered");
        assertThat(code(() -> devices.cuGetErrorName(12345, name))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    }

    @Test
    void devicesAreKnownByTheirOrdinals() throws Exception {
        devices.cuInit(0);
        int[] value = new int[1];
        devices.cuDeviceGetCount(value);
        assertThat(value).containsExactly(2);
        CUdevice second = new CUdevice();
        devices.cuDeviceGet(second, 1);
        byte[] name = new byte[5];
        devices.cuDeviceGetName(name, 5, second);
        assertThat(name).isEqualTo(new byte[] {'F', 'a', 'k', 'e', 0});
        devices.cuDeviceGetAttribute(value, 10, second);
        assertThat(value).containsExactly(32);
        assertThat(code(() -> devices.cuDeviceGet(second, 2))).isEqualTo(CUresult.CUDA_ERROR_INVALID_DEVICE);
        assertThat(code(() -> devices.cuDeviceGetAttribute(value, 1000, second)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        String[] bus = new String[1];
        devices.cuDeviceGetPCIBusId(bus, 13, second);
        assertThat(bus).containsExactly("0000:02:00.0");
        CUdevice found = new CUdevice();
        devices.cuDeviceGetByPCIBusId(found, "0000:02:00.0");
        assertThat(found).isEqualTo(second);
    }

    @Test
    void eachThreadHasAStackOfContexts() throws Exception {
        devices.cuInit(0);
        assertThat(use()).isEqualTo(CUresult.CUDA_ERROR_INVALID_CONTEXT);
        CUcontext first = create();
        CUcontext second = create();
        assertThat(current()).isEqualTo(second);
        CUcontext popped = new CUcontext();
        contexts.cuCtxPopCurrent(popped);
        assertThat(popped).isEqualTo(second);
        assertThat(current()).isEqualTo(first);
        contexts.cuCtxPushCurrent(second);
        contexts.cuCtxSetCurrent(first);
        contexts.cuCtxPopCurrent(popped);
        contexts.cuCtxPopCurrent(popped);
        assertThat(current()).isEqualTo(new CUcontext());
        assertThat(code(() -> contexts.cuCtxPopCurrent(popped))).isEqualTo(CUresult.CUDA_ERROR_INVALID_CONTEXT);
        contexts.cuCtxSetCurrent(second);
        int[] inOther = new int[1];
        Thread thread = new Thread(() -> inOther[0] = use());
        thread.start();
        thread.join();
        assertThat(inOther).containsExactly(CUresult.CUDA_ERROR_INVALID_CONTEXT);
        assertThat(use()).isZero();
    }

    @Test
    void aDestroyedContextIsTakenOffTheStackAndTellsOtherThreadsSo() throws Exception {
        devices.cuInit(0);
        CUcontext context = create();
        int[] inOther = new int[2];
        Thread thread = new Thread(() -> {
            inOther[0] = code(() -> contexts.cuCtxSetCurrent(context));
            inOther[0] += code(() -> contexts.cuCtxDestroy(context));
            inOther[1] = use();
        });
        thread.start();
        thread.join();
        assertThat(inOther).containsExactly(0, CUresult.CUDA_ERROR_INVALID_CONTEXT);
        assertThat(use()).isEqualTo(CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED);
        assertThat(code(() -> contexts.cuCtxDestroy(context))).isEqualTo(CUresult.CUDA_ERROR_INVALID_CONTEXT);
        assertThat(code(() -> contexts.cuCtxSetCurrent(context))).isEqualTo(CUresult.CUDA_ERROR_INVALID_CONTEXT);
    }

    @Test
    void whatAContextHeldEndsWithIt() throws Exception {
        devices.cuInit(0);
        CUcontext first = create();
        CUdeviceptr address = new CUdeviceptr();
        memory.cuMemAlloc(address, 100);
        contexts.cuCtxDestroy(first);
        create();
        assertThat(code(() -> memory.cuMemFree(address))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        CUdeviceptr reused = new CUdeviceptr();
        memory.cuMemAlloc(reused, 100);
        assertThat(reused).isEqualTo(address);
    }

    @Test
    void anErrorSticksToItsContextUntilThatIsDestroyed() throws Exception {
        devices.cuInit(0);
        CUcontext faulty = create();
        device.fault(Pointers.value(faulty), CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
        assertThat(use()).isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
        assertThat(code(contexts::cuCtxSynchronize)).isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
        CUcontext healthy = create();
        assertThat(use()).isZero();
        contexts.cuCtxSetCurrent(faulty);
        assertThat(use()).isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
        contexts.cuCtxDestroy(faulty);
        contexts.cuCtxSetCurrent(healthy);
        assertThat(use()).isZero();
    }

    @Test
    void thePrimaryContextLivesAsLongAsItIsRetained() throws Exception {
        devices.cuInit(0);
        CUcontext first = new CUcontext();
        primaries.cuDevicePrimaryCtxSetFlags(DEVICE, 4);
        primaries.cuDevicePrimaryCtxRetain(first, DEVICE);
        CUcontext second = new CUcontext();
        primaries.cuDevicePrimaryCtxRetain(second, DEVICE);
        assertThat(second).isEqualTo(first);
        assertThat(current()).isEqualTo(new CUcontext());
        contexts.cuCtxSetCurrent(first);
        int[] flags = new int[1];
        int[] active = new int[1];
        primaries.cuDevicePrimaryCtxRelease(DEVICE);
        primaries.cuDevicePrimaryCtxGetState(DEVICE, flags, active);
        assertThat(flags).containsExactly(4);
        assertThat(active).containsExactly(1);
        assertThat(use()).isZero();
        assertThat(code(() -> contexts.cuCtxDestroy(first))).isEqualTo(CUresult.CUDA_ERROR_INVALID_CONTEXT);
        primaries.cuDevicePrimaryCtxRelease(DEVICE);
        primaries.cuDevicePrimaryCtxGetState(DEVICE, flags, active);
        assertThat(active).containsExactly(0);
        assertThat(use()).isEqualTo(CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED);
        assertThat(code(() -> primaries.cuDevicePrimaryCtxRelease(DEVICE)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_CONTEXT);
        primaries.cuDevicePrimaryCtxRetain(second, DEVICE);
        assertThat(second).isEqualTo(first);
    }

    @Test
    void settingsAreRememberedAndSent() throws Exception {
        devices.cuInit(0);
        CUcontext context = create();
        device.forget();
        contexts.cuCtxSetLimit(0, 4096);
        long[] limit = new long[1];
        contexts.cuCtxGetLimit(limit, 0);
        assertThat(limit).containsExactly(4096);
        contexts.cuCtxSetCacheConfig(1);
        int[] config = new int[1];
        contexts.cuCtxGetCacheConfig(config);
        assertThat(config).containsExactly(1);
        long id = Pointers.value(context);
        assertThat(device.calls())
                .containsExactly(new Call.CtxSetLimit(id, 0, 4096), new Call.CtxSetConfig(id, 0, 1));
        assertThat(code(() -> contexts.cuCtxGetLimit(limit, 99))).isEqualTo(CUresult.CUDA_ERROR_UNSUPPORTED_LIMIT);
        assertThat(code(() -> contexts.cuCtxSetCacheConfig(9))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
}
