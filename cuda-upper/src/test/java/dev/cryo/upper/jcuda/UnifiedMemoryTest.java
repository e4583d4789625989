package dev.cryo.upper.jcuda;

import static dev.cryo.upper.fake.Rig.code;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.fake.FakeDevice;
import dev.cryo.upper.fake.Rig;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmem_advise;
import jcuda.driver.CUmem_range_attribute;
import jcuda.driver.CUmemorytype;
import jcuda.driver.CUpointer_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.runtime.cudaMemoryType;
import jcuda.runtime.cudaPointerAttributes;
import org.junit.jupiter.api.Test;

class UnifiedMemoryTest {
    private static final int GLOBAL = 1;
    private static final int HOST = 2;
    private static final int SINGLE = 4;

    private final Rig rig = Rig.start();
    private final DriverUnifiedMemory unified = new DriverUnifiedMemory(rig.cuda());
    private final DriverMemory memory = new DriverMemory(rig.cuda());
    private final DriverPointers pointers = new DriverPointers(rig.cuda());
    private final DriverStreams streams = new DriverStreams(rig.cuda());

    private CUdeviceptr allocate(long bytes, int flags) throws CudaError {
        CUdeviceptr address = new CUdeviceptr();
        unified.cuMemAllocManaged(address, bytes, flags);
        return address;
    }

    private int attribute(CUdeviceptr address, int attribute) throws CudaError {
        int[] value = new int[1];
        pointers.cuPointerGetAttribute(Pointer.to(value), attribute, address);
        return value[0];
    }

    private int rangeAttribute(CUdeviceptr address, long bytes, int attribute) throws CudaError {
        int[] value = new int[1];
        unified.cuMemRangeGetAttribute(Pointer.to(value), Integer.BYTES, attribute, address, bytes);
        return value[0];
    }

    @Test
    void sizesAndFlagsThatCudaRefusesAreRefused() {
        assertThat(code(() -> allocate(0, GLOBAL))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(code(() -> allocate(-1, GLOBAL))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        for (int flags : new int[] {0, GLOBAL | HOST, SINGLE, 8}) {
            assertThat(code(() -> allocate(100, flags))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        }
        assertThat(code(() -> allocate(FakeDevice.TOTAL_BYTES + 1, GLOBAL)))
                .isEqualTo(CUresult.CUDA_ERROR_OUT_OF_MEMORY);
        assertThat(rig.calls()).noneMatch(Call.ManagedAlloc.class::isInstance);
    }

    @Test
    void memoryIsFreedOnceAndByItsBeginning() throws Exception {
        CUdeviceptr address = allocate(5000, HOST);
        assertThat(code(() -> memory.cuMemFree(address.withByteOffset(256))))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        memory.cuMemFree(address);
        assertThat(code(() -> memory.cuMemFree(address))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        long at = Pointers.value(address);
        assertThat(rig.calls())
                .contains(new Call.ManagedAlloc(at, rig.context().id(), 5000, HOST), new Call.ManagedFree(at));
        assertThat(rig.log().calls()).hasSize(1);
    }

    @Test
    void aPointerTellsThatItIsManaged() throws Exception {
        CUdeviceptr address = allocate(5000, GLOBAL);
        assertThat(attribute(address, CUpointer_attribute.CU_POINTER_ATTRIBUTE_IS_MANAGED)).isEqualTo(1);
        assertThat(attribute(address, CUpointer_attribute.CU_POINTER_ATTRIBUTE_MEMORY_TYPE))
                .isEqualTo(CUmemorytype.CU_MEMORYTYPE_DEVICE);
        long[] host = new long[1];
        pointers.cuPointerGetAttribute(
                Pointer.to(host),
                CUpointer_attribute.CU_POINTER_ATTRIBUTE_HOST_POINTER,
                address.withByteOffset(16));
        assertThat(host[0]).isEqualTo(Pointers.value(address) + 16);
        cudaPointerAttributes attributes = new cudaPointerAttributes();
        new RuntimeMemory(rig.cuda()).cudaPointerGetAttributes(attributes, address);
        assertThat(attributes.type).isEqualTo(cudaMemoryType.cudaMemoryTypeManaged);
        assertThat(attributes.isManaged).isEqualTo(1);
        assertThat(Pointers.value(attributes.hostPointer)).isEqualTo(Pointers.value(address));
    }

    @Test
    void theBufferOfAPointerIsOfTheWholeAllocation() throws Exception {
        CUdeviceptr address = allocate(5000, GLOBAL);
        assertThat(address.getByteBuffer().capacity()).isEqualTo(5000);
        assertThat(address.getByteBuffer(100, 4).capacity()).isEqualTo(4);
    }

    @Test
    void adviceIsRememberedAndAnswered() throws Exception {
        CUdeviceptr address = allocate(5000, GLOBAL);
        assertThat(rangeAttribute(address, 100, CUmem_range_attribute.CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY))
                .isZero();
        assertThat(rangeAttribute(address, 100, CUmem_range_attribute.CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION))
                .isEqualTo(-2);
        unified.cuMemAdvise(address, 5000, CUmem_advise.CU_MEM_ADVISE_SET_READ_MOSTLY, null);
        unified.cuMemAdvise(address, 5000, CUmem_advise.CU_MEM_ADVISE_SET_PREFERRED_LOCATION, null);
        unified.cuMemAdvise(address, 5000, CUmem_advise.CU_MEM_ADVISE_SET_ACCESSED_BY, null);
        unified.cuMemPrefetchAsync(address, 10, null, null);
        assertThat(rangeAttribute(address, 100, CUmem_range_attribute.CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY))
                .isEqualTo(1);
        assertThat(rangeAttribute(address, 1, CUmem_range_attribute.CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION))
                .isZero();
        assertThat(rangeAttribute(address, 1, CUmem_range_attribute.CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION))
                .isZero();
        int[] devices = new int[3];
        unified.cuMemRangeGetAttribute(
                Pointer.to(devices),
                12,
                CUmem_range_attribute.CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY,
                address,
                5000);
        assertThat(devices).containsExactly(0, -2, -2);
        assertThat(rig.log().calls().stream().filter(Call.ManagedAdvise.class::isInstance))
                .hasSize(3);
        unified.cuMemAdvise(address, 5000, CUmem_advise.CU_MEM_ADVISE_UNSET_READ_MOSTLY, null);
        assertThat(rangeAttribute(address, 100, CUmem_range_attribute.CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY))
                .isZero();
        assertThat(rig.log().calls().stream().filter(Call.ManagedAdvise.class::isInstance))
                .hasSize(3);
        memory.cuMemFree(address);
        assertThat(rig.log().calls()).hasSize(1);
    }

    @Test
    void adviceAboutNothingOrTooMuchIsInvalid() throws Exception {
        CUdeviceptr address = allocate(5000, GLOBAL);
        CUdeviceptr plain = new CUdeviceptr();
        memory.cuMemAlloc(plain, 5000);
        for (Rig.Action action : new Rig.Action[] {
            () -> unified.cuMemAdvise(address, 5001, 1, null),
            () -> unified.cuMemAdvise(address, 0, 1, null),
            () -> unified.cuMemAdvise(address, 5000, 7, null),
            () -> unified.cuMemAdvise(plain, 100, 1, null),
            () -> unified.cuMemPrefetchAsync(plain, 100, null, null),
            () -> unified.cuMemPrefetchAsync(address, 0, null, null),
            () -> unified.cuMemRangeGetAttribute(Pointer.to(new int[1]), 8, 1, address, 100),
            () -> unified.cuStreamAttachMemAsync(null, address, 100, GLOBAL),
            () -> unified.cuStreamAttachMemAsync(null, address, 0, SINGLE),
            () -> unified.cuStreamAttachMemAsync(null, address, 0, 3),
            () -> unified.cuStreamAttachMemAsync(null, plain, 0, GLOBAL)
        }) {
            assertThat(code(action)).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        }
    }

    @Test
    void anAttachmentLastsAsLongAsItsStream() throws Exception {
        CUdeviceptr address = allocate(5000, GLOBAL);
        CUstream stream = new CUstream();
        streams.cuStreamCreate(stream, 0);
        unified.cuStreamAttachMemAsync(stream, address, 0, SINGLE);
        assertThat(rig.log().calls())
                .contains(new Call.ManagedAttach(Pointers.value(address), Pointers.value(stream), SINGLE));
        streams.cuStreamDestroy(stream);
        assertThat(rig.log().calls()).noneMatch(Call.ManagedAttach.class::isInstance);
    }

    @Test
    void itEndsWithItsContext() throws Exception {
        CUdeviceptr address = allocate(5000, GLOBAL);
        rig.cuda().contexts().destroy(rig.context().id());
        assertThat(rig.calls()).containsSubsequence(
                new Call.ManagedFree(Pointers.value(address)), new Call.CtxDestroy(rig.context().id()));
        assertThat(rig.cuda().unifiedMemory().find(Pointers.value(address))).isNull();
    }

    @Test
    void copiesOfItAreTheDevices() throws Exception {
        CUdeviceptr address = allocate(8192, GLOBAL);
        new DriverSets(rig.cuda()).cuMemsetD8(address, (byte) 3, 8192);
        assertThat(rig.calls()).anyMatch(call -> call instanceof Call.MemSet set && set.width() == 8192);
        assertThat(code(() -> new DriverSets(rig.cuda()).cuMemsetD8(address, (byte) 3, 8193)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    }

    /** The host may look at once, and the call may not even have left this process. */
    @Test
    void aSynchronousCopyOrSetHasEndedWhenItReturns() throws Exception {
        CUdeviceptr address = allocate(8192, GLOBAL);
        DriverSets sets = new DriverSets(rig.cuda());
        DriverCopies copies = new DriverCopies(rig.cuda());
        for (Rig.Action action : new Rig.Action[] {
            () -> sets.cuMemsetD8(address, (byte) 3, 8192),
            () -> sets.cuMemsetD2D16(address, 100, (short) 3, 10, 10),
            () -> new RuntimeSets(rig.cuda()).cudaMemset(address, 3, 8192),
            () -> copies.cuMemcpyHtoD(address, Pointer.to(new byte[100]), 100),
            () -> copies.cuMemcpyHtoD(address, Pointer.to(new byte[8192]), 8192),
            () -> copies.cuMemcpyDtoD(address, address.withByteOffset(4096), 4096)
        }) {
            assertThat(code(action)).isZero();
            assertThat(rig.calls().getLast()).isInstanceOf(Call.StreamSync.class);
        }
    }

    @Test
    void whatIsAsynchronousIsNotWaitedFor() throws Exception {
        CUdeviceptr address = allocate(8192, GLOBAL);
        new DriverSets(rig.cuda()).cuMemsetD8Async(address, (byte) 3, 8192, null);
        new DriverCopies(rig.cuda()).cuMemcpyHtoDAsync(address, Pointer.to(new byte[100]), 100, null);
        assertThat(rig.calls()).noneMatch(Call.StreamSync.class::isInstance);
    }

    @Test
    void noneBeginsWhileACheckpointHoldsThem() throws Exception {
        rig.cuda().unifiedMemory().hold();
        assertThat(rig.cuda().unifiedMemory().awaitHeld(1_000_000)).isTrue();
        Thread waiting = Thread.ofPlatform().start(() -> code(() -> {
            rig.cuda().contexts().setCurrent(rig.context().id());
            allocate(5000, GLOBAL);
        }));
        Thread.sleep(50);
        assertThat(rig.calls()).noneMatch(Call.ManagedAlloc.class::isInstance);
        rig.cuda().unifiedMemory().letGo();
        waiting.join(10_000);
        assertThat(rig.calls()).anyMatch(Call.ManagedAlloc.class::isInstance);
    }
}
