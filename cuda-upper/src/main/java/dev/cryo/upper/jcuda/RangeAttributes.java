package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.arena.Block;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Managed;
import dev.cryo.upper.cuda.Notices;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUmem_range_attribute;

/** The attributes of ranges of unified memory, the same in both APIs. Stateless. */
final class RangeAttributes {
    private RangeAttributes() {}

    static void get(Cuda cuda, Pointer data, long dataBytes, int attribute, long address, long bytes)
            throws CudaError {
        Block<Managed> block = cuda.unifiedMemory().check(address, bytes);
        boolean list = attribute == CUmem_range_attribute.CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY;
        boolean sized = list ? dataBytes > 0 && dataBytes % Integer.BYTES == 0 : dataBytes == Integer.BYTES;
        if (bytes == 0 || !sized) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        Managed facts = block.owner();
        switch (attribute) {
            case CUmem_range_attribute.CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY ->
                store(data, facts.isReadMostly() ? 1 : 0);
            case CUmem_range_attribute.CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION -> store(data, facts.preferred());
            case CUmem_range_attribute.CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION ->
                store(data, facts.lastPrefetch());
            case CUmem_range_attribute.CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY -> {
                int[] devices = new int[Math.toIntExact(dataBytes / Integer.BYTES)];
                Arrays.fill(devices, Managed.NOWHERE);
                int[] known = facts.accessedBy().stream().mapToInt(Integer::intValue).sorted().toArray();
                System.arraycopy(known, 0, devices, 0, Math.min(known.length, devices.length));
                store(data, devices);
            }
            default -> {
                Notices.sayOnce("attribute " + attribute + " of a range of unified memory is not supported");
                throw new CudaError(CudaResult.NOT_SUPPORTED);
            }
        }
    }

    static void get(
            Cuda cuda, Pointer[] data, long[] dataBytes, int[] attributes, long count, long address, long bytes)
            throws CudaError {
        if (count <= 0 || data.length < count || dataBytes.length < count || attributes.length < count) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        for (int i = 0; i < count; i++) {
            get(cuda, data[i], dataBytes[i], attributes[i], address, bytes);
        }
    }

    private static void store(Pointer data, int... values) throws CudaError {
        boolean isJava = HostPlaces.isJava(data);
        if (isJava && Pointers.buffer(data) == null || !isJava && Pointers.value(data) == 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        long bytes = (long) values.length * Integer.BYTES;
        MemorySegment memory = isJava
                ? HostPlaces.memory(data).asSlice(Pointers.offset(data))
                : MemorySegment.ofAddress(Pointers.value(data)).reinterpret(bytes);
        if (memory.byteSize() < bytes) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_INT_UNALIGNED, 0, values.length);
    }
}
