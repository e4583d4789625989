package dev.cryo.upper.jcuda;

import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.cuda.Notices;
import dev.cryo.upper.cuda.PointerFacts;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmemorytype;
import jcuda.driver.CUpointer_attribute;
import org.jspecify.annotations.Nullable;

/** What is known of pointers. */
record DriverPointers(Cuda cuda) {
    /** A value and its size in bytes. */
    private record Value(long value, int bytes) {
        static Value ofInt(int value) {
            return new Value(value, Integer.BYTES);
        }

        static Value ofLong(long value) {
            return new Value(value, Long.BYTES);
        }
    }

    void cuPointerGetAttribute(Pointer data, int attribute, CUdeviceptr pointer) throws CudaError {
        cuda.contexts().current();
        long address = Pointers.value(pointer);
        PointerFacts facts = PointerFacts.of(cuda, address);
        if (facts == null) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        store(data, value(facts, address, attribute));
    }

    void cuPointerGetAttributes(int count, int[] attributes, Pointer data, CUdeviceptr pointer) throws CudaError {
        cuda.contexts().current();
        @Nullable NativePointerObject @Nullable [] places = Pointers.targets(data);
        if (count <= 0 || attributes.length < count || places == null || places.length < count) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        long address = Pointers.value(pointer);
        PointerFacts facts = PointerFacts.of(cuda, address);
        for (int i = 0; i < count; i++) {
            if (!(places[i] instanceof Pointer place)) {
                throw new CudaError(CudaResult.INVALID_VALUE);
            }
            store(place, facts == null ? nothing(attributes[i]) : value(facts, address, attributes[i]));
        }
    }

    private static Value value(PointerFacts facts, long address, int attribute) throws CudaError {
        return switch (attribute) {
            case CUpointer_attribute.CU_POINTER_ATTRIBUTE_CONTEXT -> Value.ofLong(facts.context().id());
            case CUpointer_attribute.CU_POINTER_ATTRIBUTE_MEMORY_TYPE ->
                Value.ofInt(
                        facts.kind() == PointerFacts.Kind.HOST
                                ? CUmemorytype.CU_MEMORYTYPE_HOST
                                : CUmemorytype.CU_MEMORYTYPE_DEVICE);
            case CUpointer_attribute.CU_POINTER_ATTRIBUTE_DEVICE_POINTER -> Value.ofLong(address);
            case CUpointer_attribute.CU_POINTER_ATTRIBUTE_HOST_POINTER -> {
                if (!facts.isHost()) {
                    throw new CudaError(CudaResult.INVALID_VALUE);
                }
                yield Value.ofLong(address);
            }
            case CUpointer_attribute.CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL ->
                Value.ofInt(facts.context().device());
            case CUpointer_attribute.CU_POINTER_ATTRIBUTE_RANGE_START_ADDR -> Value.ofLong(facts.base());
            case CUpointer_attribute.CU_POINTER_ATTRIBUTE_RANGE_SIZE -> Value.ofLong(facts.bytes());
            case CUpointer_attribute.CU_POINTER_ATTRIBUTE_MAPPED -> Value.ofInt(1);
            case CUpointer_attribute.CU_POINTER_ATTRIBUTE_IS_MANAGED ->
                Value.ofInt(facts.kind() == PointerFacts.Kind.UNIFIED ? 1 : 0);
            case CUpointer_attribute.CU_POINTER_ATTRIBUTE_SYNC_MEMOPS,
                    CUpointer_attribute.CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE,
                    CUpointer_attribute.CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE -> Value.ofInt(0);
            default -> {
                Notices.sayOnce("the attribute " + CUpointer_attribute.stringFor(attribute)
                        + " of a pointer is not supported");
                throw new CudaError(CudaResult.NOT_SUPPORTED);
            }
        };
    }

    /** What CUDA gives for an address that it does not know. */
    private static Value nothing(int attribute) {
        return switch (attribute) {
            case CUpointer_attribute.CU_POINTER_ATTRIBUTE_CONTEXT,
                    CUpointer_attribute.CU_POINTER_ATTRIBUTE_DEVICE_POINTER,
                    CUpointer_attribute.CU_POINTER_ATTRIBUTE_HOST_POINTER,
                    CUpointer_attribute.CU_POINTER_ATTRIBUTE_RANGE_START_ADDR,
                    CUpointer_attribute.CU_POINTER_ATTRIBUTE_RANGE_SIZE -> Value.ofLong(0);
            case CUpointer_attribute.CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL -> Value.ofInt(-2);
            default -> Value.ofInt(0);
        };
    }

    private static void store(Pointer data, Value value) throws CudaError {
        @Nullable NativePointerObject @Nullable [] targets = Pointers.targets(data);
        if (HostPlaces.isJava(data) && Pointers.buffer(data) == null) {
            NativePointerObject target = targets == null || targets.length == 0 ? null : targets[0];
            if (target == null) {
                throw new CudaError(CudaResult.INVALID_VALUE);
            }
            Pointers.set(target, value.value());
            return;
        }
        long address = Pointers.value(data);
        boolean isJava = HostPlaces.isJava(data);
        if (!isJava && address == 0) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        MemorySegment memory = isJava
                ? HostPlaces.memory(data).asSlice(Pointers.offset(data))
                : MemorySegment.ofAddress(address).reinterpret(value.bytes());
        if (memory.byteSize() < value.bytes()) {
            throw new CudaError(CudaResult.INVALID_VALUE);
        }
        if (value.bytes() == Integer.BYTES) {
            memory.set(ValueLayout.JAVA_INT_UNALIGNED, 0, (int) value.value());
        } else {
            memory.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, value.value());
        }
    }
}
