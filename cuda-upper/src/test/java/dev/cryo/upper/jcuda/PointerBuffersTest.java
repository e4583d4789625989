package dev.cryo.upper.jcuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.call.Call;
import dev.cryo.upper.cuda.Cuda;
import dev.cryo.upper.cuda.CudaError;
import dev.cryo.upper.fake.FakeDevice;
import dev.cryo.upper.fake.Rig;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.CallSite;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import org.junit.jupiter.api.Test;

/** Buffers of an allocation of 3 GiB that nothing maps: only where they lie is looked at. */
class PointerBuffersTest {
    private static final long AT = 0x2800_0000_0000L;
    private static final long BYTES = 3L << 30;
    private static final int MOST = 2_147_483_639;

    private final Cuda cuda = Rig.raw(new FakeDevice());
    private final PointerBuffers buffers = new PointerBuffers(cuda.unifiedMemory());

    PointerBuffersTest() throws CudaError {
        List<Call> adopted = cuda.adoption().adopt(List.of(
                new Call.CtxCreate(1, 2, 0, 0, false), new Call.ManagedAlloc(AT, 1, BYTES, 1)));
        assertThat(adopted).hasSize(2);
    }

    private static CUdeviceptr pointer(long address) {
        CUdeviceptr pointer = new CUdeviceptr();
        Pointers.setAddress(pointer, address);
        return pointer;
    }

    private ByteBuffer buffer(Pointer pointer, long offset, long bytes) {
        return Objects.requireNonNull(buffers.getByteBuffer(pointer, offset, bytes));
    }

    private static long address(ByteBuffer buffer) {
        return MemorySegment.ofBuffer(buffer).address();
    }

    @Test
    void aBufferBeginsAtTheOffsetHoweverFarThatIs() {
        for (long offset : new long[] {0, 4096, Integer.MAX_VALUE, 1L << 31, (1L << 31) + 12345, BYTES - 4}) {
            ByteBuffer buffer = buffer(pointer(AT), offset, 4);
            assertThat(buffer.isDirect()).isTrue();
            assertThat(buffer.order()).isEqualTo(ByteOrder.nativeOrder());
            assertThat(buffer.capacity()).isEqualTo(4);
            assertThat(address(buffer)).isEqualTo(AT + offset);
        }
    }

    @Test
    void aMovedPointerCountsFromWhereItPoints() {
        CUdeviceptr moved = pointer(AT).withByteOffset((1L << 31) + 100);
        assertThat(address(buffer(moved, 28, 8))).isEqualTo(AT + (1L << 31) + 128);
        assertThat(buffers.getByteBuffer(moved)).satisfies(buffer -> {
            assertThat(buffer.capacity()).isEqualTo((1 << 30) - 100);
            assertThat(address(buffer)).isEqualTo(AT + (1L << 31) + 100);
        });
        assertThatThrownBy(() -> buffers.getByteBuffer(moved, 0, 1 << 30)).isInstanceOf(IllegalArgumentException.class);
        assertThat(buffer(pointer(AT).withByteOffset(BYTES), 0, 0).capacity()).isZero();
        assertThatThrownBy(() -> buffers.getByteBuffer(pointer(AT).withByteOffset(BYTES + 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("points out of its unified memory");
        assertThatThrownBy(() -> buffers.getByteBuffer(pointer(AT).withByteOffset(-1), 1, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ofALargeAllocationThereIsABufferOfWhatFits() {
        assertThat(buffers.getByteBuffer(pointer(AT))).satisfies(buffer -> {
            assertThat(buffer.capacity()).isEqualTo(MOST);
            assertThat(buffer.order()).isEqualTo(ByteOrder.nativeOrder());
            assertThat(address(buffer)).isEqualTo(AT);
        });
        assertThat(buffer(pointer(AT), 5, MOST).capacity()).isEqualTo(MOST);
    }

    @Test
    void whatIsNotInTheAllocationIsRefused() {
        long[][] ranges = {
            {-1, 4}, {0, -1}, {BYTES, 1}, {BYTES - 3, 4}, {BYTES + 1, 0}, {Long.MAX_VALUE, Long.MAX_VALUE},
            {Long.MIN_VALUE, 8}, {8, Long.MIN_VALUE}
        };
        for (long[] range : ranges) {
            assertThatThrownBy(() -> buffers.getByteBuffer(pointer(AT), range[0], range[1]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(range[1] + " bytes at offset " + range[0] + " are not in the unified memory of the "
                            + "pointer, which has 3221225472 from there on");
        }
        assertThatThrownBy(() -> buffers.getByteBuffer(pointer(AT), 0, MOST + 1L))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a buffer cannot have 2147483640 bytes; ask for parts of at most 2147483639");
    }

    @Test
    void ofEverythingElseJcudasOwnBufferIsTaken() throws CudaError {
        List<Pointer> others = List.of(
                new Pointer(),
                new CUdeviceptr(),
                Pointer.to(new byte[4]),
                Pointer.to(ByteBuffer.allocateDirect(4)),
                Pointer.to(new Pointer()),
                pointer(AT - 1),
                pointer(AT + BYTES),
                pointer(-1),
                new CUdeviceptr().withByteOffset(AT));
        for (Pointer other : others) {
            assertThat(buffers.getByteBuffer(other)).isNull();
            assertThat(buffers.getByteBuffer(other, 0, 1)).isNull();
        }
        cuda.contexts().setCurrent(1);
        cuda.unifiedMemory().free(AT);
        assertThat(buffers.getByteBuffer(pointer(AT), 0, 4)).isNull();
    }

    @Test
    void linksJcudasMethodsAndNoOthers() throws Throwable {
        MethodType type = MethodType.methodType(ByteBuffer.class, Pointer.class, long.class, long.class);
        CallSite site = buffers.link("getByteBuffer", type);
        ByteBuffer buffer = (ByteBuffer) site.dynamicInvoker().invoke((Pointer) pointer(AT), 16L, 8L);
        assertThat(address(buffer)).isEqualTo(AT + 16);
        assertThatThrownBy(() -> buffers.link("getIntBuffer", type)).isInstanceOf(IllegalStateException.class);
    }
}
