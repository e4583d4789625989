package dev.cryo.upper.jcuda;

import static dev.cryo.upper.fake.Rig.code;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.upper.fake.FakeDevice;
import dev.cryo.upper.fake.Rig;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.SplittableRandom;
import jcuda.Pointer;
import jcuda.Sizeof;
import jcuda.driver.CUDA_MEMCPY2D;
import jcuda.driver.CUDA_MEMCPY3D;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmemorytype;
import jcuda.driver.CUpointer_attribute;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.Test;

class DriverMemoryTest {
    private final Rig rig = Rig.start();
    private final DriverMemory memory = new DriverMemory(rig.cuda());
    private final DriverHostMemory hostMemory = new DriverHostMemory(rig.cuda());
    private final DriverCopies copies = new DriverCopies(rig.cuda());
    private final DriverCopies2D copies2D = new DriverCopies2D(rig.cuda());
    private final DriverSets sets = new DriverSets(rig.cuda());
    private final DriverPointers pointers = new DriverPointers(rig.cuda());

    private CUdeviceptr allocate(long bytes) throws Exception {
        CUdeviceptr address = new CUdeviceptr();
        memory.cuMemAlloc(address, bytes);
        return address;
    }

    private byte[] contents(CUdeviceptr address, int bytes) throws Exception {
        byte[] contents = new byte[bytes];
        copies.cuMemcpyDtoH(Pointer.to(contents), address, bytes);
        return contents;
    }

    private static byte[] random(int bytes) {
        byte[] data = new byte[bytes];
        new SplittableRandom(bytes).nextBytes(data);
        return data;
    }

    @Test
    void memoryIsFreedOnceAndByItsBeginning() throws Exception {
        CUdeviceptr address = allocate(1000);
        assertThat(code(() -> memory.cuMemFree(address.withByteOffset(256))))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        memory.cuMemFree(address);
        assertThat(code(() -> memory.cuMemFree(address))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(code(() -> memory.cuMemFree(new CUdeviceptr()))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(code(() -> allocate0(0))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        long at = Pointers.value(address);
        assertThat(rig.calls())
                .containsExactly(new Call.MemMap(at, rig.context().id(), 1000), new Call.MemUnmap(at));
        assertThat(rig.log().calls()).hasSize(1);
    }

    private void allocate0(long bytes) throws dev.cryo.upper.cuda.CudaError {
        memory.cuMemAlloc(new CUdeviceptr(), bytes);
    }

    @Test
    void moreThanTheDeviceHasIsOutOfMemory() {
        assertThat(code(() -> allocate0(FakeDevice.TOTAL_BYTES + 1))).isEqualTo(CUresult.CUDA_ERROR_OUT_OF_MEMORY);
        assertThat(code(() -> allocate0(Long.MAX_VALUE))).isEqualTo(CUresult.CUDA_ERROR_OUT_OF_MEMORY);
        assertThat(code(() -> allocate0(FakeDevice.TOTAL_BYTES))).isZero();
        assertThat(code(() -> allocate0(1))).isEqualTo(CUresult.CUDA_ERROR_OUT_OF_MEMORY);
    }

    @Test
    void memoryLiesWhereTheLowerHalfHasRoom() throws Exception {
        rig.device().take(0x1000_4000_0000L);
        long address = Pointers.value(allocate(100));
        assertThat(address).isGreaterThanOrEqualTo(0x1000_4000_0000L);
        rig.device().take(Long.MAX_VALUE);
        assertThat(code(() -> allocate0(4 << 20))).isEqualTo(CUresult.CUDA_ERROR_OPERATING_SYSTEM);
    }

    @Test
    void rowsArePitched() throws Exception {
        long[] pitch = new long[1];
        CUdeviceptr address = new CUdeviceptr();
        memory.cuMemAllocPitch(address, pitch, 1000, 10, 4);
        assertThat(pitch).containsExactly(1024);
        CUdeviceptr base = new CUdeviceptr();
        long[] bytes = new long[1];
        memory.cuMemGetAddressRange(base, bytes, address.withByteOffset(5000));
        assertThat(base).isEqualTo(address);
        assertThat(bytes).containsExactly(10240);
        assertThat(code(() -> memory.cuMemAllocPitch(address, pitch, 1000, 10, 3)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    }

    @Test
    void copiesOfAnySizeArriveAsTheyWere() throws Exception {
        for (int bytes : new int[] {1, 4096, 4097, 1 << 20, (3 << 20) + 17}) {
            byte[] data = random(bytes);
            CUdeviceptr address = allocate(bytes);
            copies.cuMemcpyHtoD(address, Pointer.to(data), bytes);
            assertThat(contents(address, bytes)).isEqualTo(data);
            CUdeviceptr second = allocate(bytes);
            copies.cuMemcpyDtoD(second, address, bytes);
            assertThat(contents(second, bytes)).isEqualTo(data);
            memory.cuMemFree(address);
            memory.cuMemFree(second);
        }
    }

    @Test
    void aFewBytesTravelInsideTheCall() throws Exception {
        CUdeviceptr address = allocate(16);
        copies.cuMemcpyHtoDAsync(address, Pointer.to(new int[] {1, 2}), 8, null);
        assertThat(rig.device().last()).isInstanceOfSatisfying(Call.MemWrite.class, call -> {
            assertThat(call.address()).isEqualTo(Pointers.value(address));
            assertThat(call.data()).containsExactly(1, 0, 0, 0, 2, 0, 0, 0);
        });
    }

    @Test
    void arraysBuffersAndOffsetsOfAllKindsAreRead() throws Exception {
        CUdeviceptr address = allocate(64);
        IntBuffer heap = IntBuffer.wrap(new int[] {9, 8, 7, 6});
        heap.position(1);
        copies.cuMemcpyHtoD(address, Pointer.to(heap), 4);
        assertThat(contents(address, 1)).containsExactly(9);
        copies.cuMemcpyHtoD(address, Pointer.toBuffer(heap), 4);
        assertThat(contents(address, 1)).containsExactly(8);
        ByteBuffer direct = ByteBuffer.allocateDirect(16).put(3, (byte) 5);
        copies.cuMemcpyHtoD(address, Pointer.to(direct).withByteOffset(3), 1);
        assertThat(contents(address, 1)).containsExactly(5);
        copies.cuMemcpyHtoD(address, Pointer.to(address, address.withByteOffset(2)), 16);
        long[] values = new long[2];
        copies.cuMemcpyDtoH(Pointer.to(values), address, 16);
        assertThat(values).containsExactly(Pointers.value(address), Pointers.value(address) + 2);
        CUdeviceptr[] back = {new CUdeviceptr(), new CUdeviceptr()};
        copies.cuMemcpyDtoH(Pointer.to(back), address, 16);
        assertThat(back[0]).isEqualTo(address);
        assertThat(Pointers.value(back[1])).isEqualTo(values[1]);
        Pointer small = Pointer.to(new byte[4]);
        assertThat(code(() -> copies.cuMemcpyHtoD(address, small, 5))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(code(() -> copies.cuMemcpyHtoD(address, small.withByteOffset(5), 1)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    }

    @Test
    void copiesThatLeaveTheirAllocationAreRefusedAtOnce() throws Exception {
        CUdeviceptr address = allocate(100);
        Pointer data = Pointer.to(new byte[200]);
        assertThat(code(() -> copies.cuMemcpyHtoD(address, data, 101))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(code(() -> copies.cuMemcpyDtoH(data, address.withByteOffset(1), 100)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(code(() -> copies.cuMemcpyHtoD(new CUdeviceptr(), data, 1)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(code(() -> sets.cuMemsetD8(address, (byte) 1, 101))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(code(() -> sets.cuMemsetD32(address.withByteOffset(2), 1, 1)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        assertThat(rig.calls()).hasSize(1);
    }

    @Test
    void setsTakeElementsOfAllSizes() throws Exception {
        CUdeviceptr address = allocate(16);
        sets.cuMemsetD8(address, (byte) -1, 16);
        sets.cuMemsetD16(address, (short) 0x0201, 2);
        sets.cuMemsetD32(address.withByteOffset(8), 0x04030201, 1);
        sets.cuMemsetD2D8(address.withByteOffset(6), 8, (byte) 7, 1, 2);
        assertThat(contents(address, 16)).containsExactly(1, 2, 1, 2, -1, -1, 7, -1, 1, 2, 3, 4, -1, -1, 7, -1);
    }

    @Test
    void pageLockedMemoryIsABufferAndAnAddress() throws Exception {
        Pointer locked = new Pointer();
        hostMemory.cuMemHostAlloc(locked, 8192, 1);
        ByteBuffer buffer = locked.getByteBuffer();
        buffer.putInt(0, 42);
        CUdeviceptr address = allocate(8192);
        copies.cuMemcpyHtoDAsync(address, locked, 8192, null);
        assertThat(rig.device().last()).isInstanceOfSatisfying(Call.Copy.class, copy -> assertThat(copy.source())
                .isEqualTo(new Call.Place(Call.Space.HOST, Pointers.value(locked), 0, 0)));
        copies.cuMemcpyHtoDAsync(address, Pointer.to(buffer).withByteOffset(4), 4, null);
        assertThat(rig.device().last()).isInstanceOfSatisfying(Call.Copy.class, copy -> assertThat(copy.source())
                .isEqualTo(new Call.Place(Call.Space.HOST, Pointers.value(locked) + 4, 0, 0)));
        CUdeviceptr mapped = new CUdeviceptr();
        hostMemory.cuMemHostGetDevicePointer(mapped, locked.withByteOffset(16), 0);
        assertThat(Pointers.value(mapped)).isEqualTo(Pointers.value(locked) + 16);
        int[] flags = new int[1];
        hostMemory.cuMemHostGetFlags(flags, locked);
        assertThat(flags).containsExactly(3);
        assertThat(code(() -> hostMemory.cuMemHostRegister(Pointer.to(buffer), 10, 0)))
                .isEqualTo(CUresult.CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
        hostMemory.cuMemFreeHost(locked);
        assertThat(code(() -> hostMemory.cuMemFreeHost(locked))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    }

    @Test
    void memoryOfTheApplicationIsRegisteredInNameOnly() throws Exception {
        Pointer own = Pointer.to(ByteBuffer.allocateDirect(100));
        hostMemory.cuMemHostRegister(own, 100, 0);
        assertThat(code(() -> hostMemory.cuMemHostRegister(own.withByteOffset(50), 10, 0)))
                .isEqualTo(CUresult.CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
        assertThat(code(() -> hostMemory.cuMemHostGetDevicePointer(new CUdeviceptr(), own, 0)))
                .isEqualTo(CUresult.CUDA_ERROR_NOT_SUPPORTED);
        hostMemory.cuMemHostUnregister(own);
        assertThat(code(() -> hostMemory.cuMemHostUnregister(own)))
                .isEqualTo(CUresult.CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
        assertThat(code(() -> hostMemory.cuMemHostRegister(own, 100, 2)))
                .isEqualTo(CUresult.CUDA_ERROR_NOT_SUPPORTED);
        assertThat(code(() -> hostMemory.cuMemHostRegister(Pointer.to(new int[4]), 16, 0)))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    }

    @Test
    void rectanglesAreCopiedOutOfLargerOnes() throws Exception {
        byte[] data = random(100 * 50);
        CUdeviceptr address = allocate(128 * 50);
        CUDA_MEMCPY2D copy = new CUDA_MEMCPY2D();
        copy.srcMemoryType = CUmemorytype.CU_MEMORYTYPE_HOST;
        copy.srcHost = Pointer.to(data);
        copy.srcPitch = 100;
        copy.srcXInBytes = 10;
        copy.srcY = 5;
        copy.dstMemoryType = CUmemorytype.CU_MEMORYTYPE_DEVICE;
        copy.dstDevice = address;
        copy.dstPitch = 128;
        copy.WidthInBytes = 60;
        copy.Height = 20;
        copies2D.cuMemcpy2D(copy);
        byte[] contents = contents(address, 128 * 50);
        for (int row = 0; row < 20; row++) {
            for (int column = 0; column < 60; column++) {
                assertThat(contents[row * 128 + column]).isEqualTo(data[(row + 5) * 100 + column + 10]);
            }
        }
        copy.srcPitch = 50;
        assertThat(code(() -> copies2D.cuMemcpy2D(copy))).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
        copy.srcMemoryType = CUmemorytype.CU_MEMORYTYPE_ARRAY;
        assertThat(code(() -> copies2D.cuMemcpy2D(copy))).isEqualTo(CUresult.CUDA_ERROR_NOT_SUPPORTED);
    }

    @Test
    void boxesAreCopiedOutOfLargerOnes() throws Exception {
        byte[] data = random(8 * 6 * 4);
        CUdeviceptr address = allocate(8 * 6 * 4);
        copies.cuMemcpyHtoD(address, Pointer.to(data), data.length);
        byte[] box = new byte[3 * 2 * 2];
        CUDA_MEMCPY3D copy = new CUDA_MEMCPY3D();
        copy.srcMemoryType = CUmemorytype.CU_MEMORYTYPE_DEVICE;
        copy.srcDevice = address;
        copy.srcPitch = 8;
        copy.srcHeight = 6;
        copy.srcXInBytes = 1;
        copy.srcY = 2;
        copy.srcZ = 1;
        copy.dstMemoryType = CUmemorytype.CU_MEMORYTYPE_HOST;
        copy.dstHost = Pointer.to(box);
        copy.dstPitch = 3;
        copy.dstHeight = 2;
        copy.WidthInBytes = 3;
        copy.Height = 2;
        copy.Depth = 2;
        copies2D.cuMemcpy3D(copy);
        for (int i = 0; i < box.length; i++) {
            int x = i % 3 + 1;
            int y = i / 3 % 2 + 2;
            int z = i / 6 + 1;
            assertThat(box[i]).isEqualTo(data[(z * 6 + y) * 8 + x]);
        }
    }

    @Test
    void pointersTellWhatTheyPointTo() throws Exception {
        CUdeviceptr address = allocate(1000).withByteOffset(10);
        int[] type = new int[1];
        pointers.cuPointerGetAttribute(
                Pointer.to(type), CUpointer_attribute.CU_POINTER_ATTRIBUTE_MEMORY_TYPE, address);
        assertThat(type).containsExactly(CUmemorytype.CU_MEMORYTYPE_DEVICE);
        CUcontext context = new CUcontext();
        CUdeviceptr base = new CUdeviceptr();
        long[] bytes = new long[1];
        pointers.cuPointerGetAttributes(
                3,
                new int[] {
                    CUpointer_attribute.CU_POINTER_ATTRIBUTE_CONTEXT,
                    CUpointer_attribute.CU_POINTER_ATTRIBUTE_RANGE_START_ADDR,
                    CUpointer_attribute.CU_POINTER_ATTRIBUTE_RANGE_SIZE
                },
                Pointer.to(Pointer.to(context), Pointer.to(base), Pointer.to(bytes)),
                address);
        assertThat(Pointers.value(context)).isEqualTo(rig.context().id());
        assertThat(Pointers.value(base)).isEqualTo(Pointers.value(address) - 10);
        assertThat(bytes).containsExactly(1000);
        assertThat(code(() -> pointers.cuPointerGetAttribute(
                        Pointer.to(type), CUpointer_attribute.CU_POINTER_ATTRIBUTE_MEMORY_TYPE, new CUdeviceptr())))
                .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    }

    @Test
    void nothingIsCopiedWhereNothingIsAskedFor() throws Exception {
        CUdeviceptr address = allocate(Sizeof.INT);
        copies.cuMemcpyHtoD(address, Pointer.to(new int[1]), 0);
        sets.cuMemsetD32(address, 1, 0);
        assertThat(rig.calls()).hasSize(1);
    }
}
