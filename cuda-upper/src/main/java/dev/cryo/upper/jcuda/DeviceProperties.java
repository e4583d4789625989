package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.Call;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import jcuda.runtime.cudaDeviceAttr;
import jcuda.runtime.cudaDeviceProp;

/** Fills {@code cudaDeviceProp} from the attributes of a device, of which it is another form. */
final class DeviceProperties {
    private DeviceProperties() {}

    static void fill(cudaDeviceProp it, Call.DeviceInfo.Result info) {
        byte[] name = info.name().getBytes(StandardCharsets.UTF_8);
        Arrays.fill(it.name, (byte) 0);
        System.arraycopy(name, 0, it.name, 0, Math.min(name.length, it.name.length - 1));
        System.arraycopy(info.uuid(), 0, it.uuid.bytes, 0, Math.min(info.uuid().length, it.uuid.bytes.length));
        it.totalGlobalMem = info.totalBytes();
        int[] attributes = info.attributes();
        IntUnaryOperator get = attribute -> attribute < attributes.length ? attributes[attribute] : 0;
        fillLimits(it, get);
        fillTextures(it, get);
        fillSurfaces(it, get);
        fillMemory(it, get);
        fillAbilities(it, get);
    }

    private static void take(int[] target, IntUnaryOperator get, int... attributes) {
        for (int i = 0; i < attributes.length; i++) {
            target[i] = get.applyAsInt(attributes[i]);
        }
    }

    private static void fillLimits(cudaDeviceProp it, IntUnaryOperator get) {
        it.major = get.applyAsInt(cudaDeviceAttr.cudaDevAttrComputeCapabilityMajor);
        it.minor = get.applyAsInt(cudaDeviceAttr.cudaDevAttrComputeCapabilityMinor);
        it.warpSize = get.applyAsInt(cudaDeviceAttr.cudaDevAttrWarpSize);
        it.maxThreadsPerBlock = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxThreadsPerBlock);
        take(it.maxThreadsDim, get, 2, 3, 4);
        take(it.maxGridSize, get, 5, 6, 7);
        it.sharedMemPerBlock = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxSharedMemoryPerBlock);
        it.sharedMemPerBlockOptin = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxSharedMemoryPerBlockOptin);
        it.sharedMemPerMultiprocessor = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxSharedMemoryPerMultiprocessor);
        it.reservedSharedMemPerBlock = get.applyAsInt(cudaDeviceAttr.cudaDevAttrReservedSharedMemoryPerBlock);
        it.regsPerBlock = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxRegistersPerBlock);
        it.regsPerMultiprocessor = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxRegistersPerMultiprocessor);
        it.multiProcessorCount = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMultiProcessorCount);
        it.maxThreadsPerMultiProcessor = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxThreadsPerMultiProcessor);
        it.maxBlocksPerMultiProcessor = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxBlocksPerMultiprocessor);
        it.clockRate = get.applyAsInt(cudaDeviceAttr.cudaDevAttrClockRate);
        it.computeMode = get.applyAsInt(cudaDeviceAttr.cudaDevAttrComputeMode);
        it.kernelExecTimeoutEnabled = get.applyAsInt(cudaDeviceAttr.cudaDevAttrKernelExecTimeout);
    }

    private static void fillTextures(cudaDeviceProp it, IntUnaryOperator get) {
        it.textureAlignment = get.applyAsInt(cudaDeviceAttr.cudaDevAttrTextureAlignment);
        it.texturePitchAlignment = get.applyAsInt(cudaDeviceAttr.cudaDevAttrTexturePitchAlignment);
        it.maxTexture1D = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxTexture1DWidth);
        it.maxTexture1DMipmap = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxTexture1DMipmappedWidth);
        it.maxTexture1DLinear = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxTexture1DLinearWidth);
        take(it.maxTexture2D, get, 22, 23);
        take(it.maxTexture2DMipmap, get, 73, 74);
        take(it.maxTexture2DLinear, get, 70, 71, 72);
        take(it.maxTexture2DGather, get, 45, 46);
        take(it.maxTexture3D, get, 24, 25, 26);
        take(it.maxTexture3DAlt, get, 47, 48, 49);
        it.maxTextureCubemap = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxTextureCubemapWidth);
        take(it.maxTexture1DLayered, get, 42, 43);
        take(it.maxTexture2DLayered, get, 27, 28, 29);
        take(it.maxTextureCubemapLayered, get, 53, 54);
    }

    private static void fillSurfaces(cudaDeviceProp it, IntUnaryOperator get) {
        it.surfaceAlignment = get.applyAsInt(cudaDeviceAttr.cudaDevAttrSurfaceAlignment);
        it.maxSurface1D = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxSurface1DWidth);
        take(it.maxSurface2D, get, 56, 57);
        take(it.maxSurface3D, get, 58, 59, 60);
        take(it.maxSurface1DLayered, get, 61, 62);
        take(it.maxSurface2DLayered, get, 63, 64, 65);
        it.maxSurfaceCubemap = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxSurfaceCubemapWidth);
        take(it.maxSurfaceCubemapLayered, get, 67, 68);
    }

    private static void fillMemory(cudaDeviceProp it, IntUnaryOperator get) {
        it.memPitch = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMaxPitch);
        it.totalConstMem = get.applyAsInt(cudaDeviceAttr.cudaDevAttrTotalConstantMemory);
        it.memoryClockRate = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMemoryClockRate);
        it.memoryBusWidth = get.applyAsInt(cudaDeviceAttr.cudaDevAttrGlobalMemoryBusWidth);
        it.l2CacheSize = get.applyAsInt(cudaDeviceAttr.cudaDevAttrL2CacheSize);
        it.persistingL2CacheMaxSize = get.applyAsInt(108);
        it.accessPolicyMaxWindowSize = get.applyAsInt(109);
        it.ECCEnabled = get.applyAsInt(cudaDeviceAttr.cudaDevAttrEccEnabled);
        it.unifiedAddressing = get.applyAsInt(cudaDeviceAttr.cudaDevAttrUnifiedAddressing);
        it.canMapHostMemory = get.applyAsInt(cudaDeviceAttr.cudaDevAttrCanMapHostMemory);
        it.managedMemory = get.applyAsInt(cudaDeviceAttr.cudaDevAttrManagedMemory);
        it.concurrentManagedAccess = get.applyAsInt(cudaDeviceAttr.cudaDevAttrConcurrentManagedAccess);
        it.pageableMemoryAccess = get.applyAsInt(cudaDeviceAttr.cudaDevAttrPageableMemoryAccess);
        it.pageableMemoryAccessUsesHostPageTables = get.applyAsInt(100);
        it.directManagedMemAccessFromHost = get.applyAsInt(101);
        it.canUseHostPointerForRegisteredMem = get.applyAsInt(91);
        it.hostRegisterSupported = get.applyAsInt(cudaDeviceAttr.cudaDevAttrHostRegisterSupported);
        it.hostRegisterReadOnlySupported = get.applyAsInt(113);
        it.memoryPoolsSupported = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMemoryPoolsSupported);
        it.memoryPoolSupportedHandleTypes = get.applyAsInt(119);
        it.gpuDirectRDMASupported = get.applyAsInt(116);
        it.gpuDirectRDMAFlushWritesOptions = get.applyAsInt(117);
        it.gpuDirectRDMAWritesOrdering = get.applyAsInt(118);
    }

    private static void fillAbilities(cudaDeviceProp it, IntUnaryOperator get) {
        it.deviceOverlap = get.applyAsInt(cudaDeviceAttr.cudaDevAttrGpuOverlap);
        it.asyncEngineCount = get.applyAsInt(cudaDeviceAttr.cudaDevAttrAsyncEngineCount);
        it.concurrentKernels = get.applyAsInt(cudaDeviceAttr.cudaDevAttrConcurrentKernels);
        it.integrated = get.applyAsInt(cudaDeviceAttr.cudaDevAttrIntegrated);
        it.tccDriver = get.applyAsInt(cudaDeviceAttr.cudaDevAttrTccDriver);
        it.pciDomainID = get.applyAsInt(cudaDeviceAttr.cudaDevAttrPciDomainId);
        it.pciBusID = get.applyAsInt(cudaDeviceAttr.cudaDevAttrPciBusId);
        it.pciDeviceID = get.applyAsInt(cudaDeviceAttr.cudaDevAttrPciDeviceId);
        it.isMultiGpuBoard = get.applyAsInt(cudaDeviceAttr.cudaDevAttrIsMultiGpuBoard);
        it.multiGpuBoardGroupID = get.applyAsInt(cudaDeviceAttr.cudaDevAttrMultiGpuBoardGroupID);
        it.streamPrioritiesSupported = get.applyAsInt(cudaDeviceAttr.cudaDevAttrStreamPrioritiesSupported);
        it.globalL1CacheSupported = get.applyAsInt(cudaDeviceAttr.cudaDevAttrGlobalL1CacheSupported);
        it.localL1CacheSupported = get.applyAsInt(cudaDeviceAttr.cudaDevAttrLocalL1CacheSupported);
        it.hostNativeAtomicSupported = get.applyAsInt(cudaDeviceAttr.cudaDevAttrHostNativeAtomicSupported);
        it.singleToDoublePrecisionPerfRatio = get.applyAsInt(87);
        it.computePreemptionSupported = get.applyAsInt(cudaDeviceAttr.cudaDevAttrComputePreemptionSupported);
        it.cooperativeLaunch = get.applyAsInt(cudaDeviceAttr.cudaDevAttrCooperativeLaunch);
        it.cooperativeMultiDeviceLaunch = get.applyAsInt(96);
        it.sparseCudaArraySupported = get.applyAsInt(112);
        it.timelineSemaphoreInteropSupported = get.applyAsInt(114);
        it.clusterLaunch = get.applyAsInt(cudaDeviceAttr.cudaDevAttrClusterLaunch);
        it.deferredMappingCudaArraySupported = get.applyAsInt(121);
        it.ipcEventSupported = get.applyAsInt(125);
        it.unifiedFunctionPointers = get.applyAsInt(129);
    }
}
