package dev.cryo.lower.ptx.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class PtxDeviceKernelsTest {
    private static final long STREAM = 10;
    private static final int NON_BLOCKING = 1;

    private DeviceRig rig;
    private KernelRig kernels;
    private long memory;

    @BeforeEach
    void open() throws Exception {
        rig = new DeviceRig();
        kernels = new KernelRig(rig);
        memory = rig.map(0, 1 << 20);
        rig.queue(new Call.StreamCreate(STREAM, DeviceRig.CONTEXT, NON_BLOCKING, 0));
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void runsKernelsOnWhatCopiesBrought() {
        rig.queue(new Call.MemWrite(STREAM, memory, new byte[] {1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0}));
        kernels.launch(STREAM, "reverse", 1, 4, 16, memory);
        assertThat(kernels.ints(STREAM, memory, 4)).containsExactly(4, 3, 2, 1);
    }

    @Test
    void variablesLieWhereTheyWereAskedToAndBeginAsTheTextSays() {
        Call.GlobalGet.Result table = rig.call(new Call.GlobalGet(KernelRig.MODULE, "table"));
        assertThat(table.bytes()).isEqualTo(12);
        assertThat(table.address()).isBetween(KernelRig.GLOBALS, KernelRig.GLOBALS + 4096);
        assertThat(kernels.ints(STREAM, table.address(), 3)).containsExactly(11, 22, 33);
        kernels.launch(STREAM, "count", 1, 1, 0, memory);
        kernels.launch(STREAM, "count", 1, 1, 0, memory + 4);
        assertThat(kernels.ints(STREAM, memory, 2)).containsExactly(5, 8);
        Call.GlobalGet.Result counter = rig.call(new Call.GlobalGet(KernelRig.MODULE, "counter"));
        assertThat(kernels.ints(STREAM, counter.address(), 1)).containsExactly(11);
        rig.queue(new Call.ModuleUnload(KernelRig.MODULE));
        assertThat(rig.code(new Call.GlobalGet(KernelRig.MODULE, "table"))).isEqualTo(CudaResult.INVALID_HANDLE);
        rig.queue(new Call.MemSet(STREAM, table.address(), 0, 1, 0, 12, 1));
        assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
    }

    @Test
    void aKernelThatWaitsForACopyOfAnotherStreamGetsIt() {
        rig.queue(new Call.StreamCreate(11, DeviceRig.CONTEXT, NON_BLOCKING, 0));
        kernels.launch(STREAM, "await", 1, 1, 0, memory, memory + 4);
        assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.NOT_READY);
        rig.queue(new Call.MemSet(11, memory, 0, 4, 77, 1, 1));
        rig.call(new Call.StreamSync(STREAM));
        assertThat(kernels.ints(11, memory, 2)).containsExactly(77, 77);
    }

    @Test
    void describesKernels() {
        Call.FunctionGet.Result mix = rig.call(new Call.FunctionGet(5000, KernelRig.MODULE, "mix"));
        assertThat(mix.paramOffsets()).containsExactly(0, 8, 16, 20);
        assertThat(mix.paramSizes()).containsExactly(8, 8, 4, 4);
        assertThat(mix.paramBytes()).isEqualTo(24);
        assertThat(mix.maxThreadsPerBlock()).isEqualTo(1024);
        assertThat(mix.sharedBytes()).isZero();
        assertThat(rig.code(new Call.FunctionGet(5001, KernelRig.MODULE, "nothing"))).isEqualTo(CudaResult.NOT_FOUND);
        assertThat(rig.code(new Call.GlobalGet(KernelRig.MODULE, "nothing"))).isEqualTo(CudaResult.NOT_FOUND);
    }

    @Test
    void textThatIsNoPtxIsRefused() {
        byte[] text = ".version 7.5 .target sm_75 .address_size 64 .visible .entry k() { mov.u32 %r0, ; }"
                .getBytes(StandardCharsets.UTF_8);
        assertThat(rig.code(new Call.ModuleLoad(2000, DeviceRig.CONTEXT, text, 0x1900_0000_0000L, 0)))
                .isEqualTo(CudaResult.INVALID_PTX);
        assertThat(rig.code(new Call.FunctionGet(2001, 2000, "k"))).isEqualTo(CudaResult.INVALID_HANDLE);
        assertThat(rig.code(new Call.CtxStatus(DeviceRig.CONTEXT))).isEqualTo(CudaResult.SUCCESS);
    }

    @Test
    void modulesThatLoadAtOneTimeGetGlobalsThatDoNotOverlap() throws Exception {
        long from = 0x1900_0000_0000L;
        long bytes = 5 << 20;
        List<CompletableFuture<DeviceRig.Outcome>> loads = new ArrayList<>();
        for (int module = 2000; module < 2006; module++) {
            loads.add(rig.start(withGlobals(module, bytes, from)));
        }
        List<Long> places = new ArrayList<>();
        for (CompletableFuture<DeviceRig.Outcome> load : loads) {
            places.add(placeOfGlobals(load.get(10, TimeUnit.SECONDS), bytes));
        }
        List<Long> expected = LongStream.range(0, 6).mapToObj(i -> from + i * (6 << 20)).toList();
        assertThat(places).containsExactlyInAnyOrderElementsOf(expected);
        rig.queue(new Call.ModuleUnload(2003));
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
        assertThat(placeOfGlobals(rig.start(withGlobals(2006, bytes, from)).get(10, TimeUnit.SECONDS), bytes))
                .isEqualTo(places.get(3));
    }

    @Test
    void globalsAreNotPutWhereAnEarlierModulesStillLive() throws Exception {
        long from = 0x1900_0000_0000L;
        rig.start(withGlobals(2000, 5 << 20, from)).get(10, TimeUnit.SECONDS);
        // An endless kernel holds up the end of the first module's variables.
        kernels.launch(STREAM, "await", 1, 1, 0, memory, memory);
        rig.queue(new Call.ModuleUnload(2000));
        assertThat(placeOfGlobals(rig.start(withGlobals(2001, 100, from)).get(10, TimeUnit.SECONDS), 100))
                .isEqualTo(from + (6 << 20));
    }

    private static Call.ModuleLoad withGlobals(long module, long bytes, long from) {
        String text = ".version 7.5\n.target sm_75\n.address_size 64\n.visible .global .align 4 .b8 table[%d];\n"
                .formatted(bytes);
        return new Call.ModuleLoad(module, DeviceRig.CONTEXT, text.getBytes(StandardCharsets.UTF_8), from, 0);
    }

    private static long placeOfGlobals(DeviceRig.Outcome outcome, long bytes) {
        assertThat(outcome.code()).isEqualTo(CudaResult.SUCCESS);
        Call.ModuleLoad.Result result = (Call.ModuleLoad.Result) outcome.result();
        assertThat(result.globalsBytes()).isEqualTo(bytes);
        return result.globalsAt();
    }

    @Test
    void launchesThatCannotBeAreRefused() {
        assertThat(kernels.launch(STREAM, "empty", 1, 1025, 0)).isEqualTo(CudaResult.INVALID_VALUE);
        assertThat(rig.code(new Call.CtxStatus(DeviceRig.CONTEXT))).isEqualTo(CudaResult.INVALID_VALUE);
    }

    @Nested
    class AFault {
        @Test
        void ofAnAddressEndsTheContext() {
            kernels.launch(STREAM, "store", 1, 32, 0, memory + (1 << 20) - 64, 1);
            kernels.launch(STREAM, "store", 1, 32, 0, memory, 1);
            assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            assertThat(rig.faults).hasValue(1);
            assertThat(rig.code(KernelRig.get("mix"))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            rig.call(new Call.CtxDestroy(DeviceRig.CONTEXT));
            assertThat(rig.code(KernelRig.get("mix"))).isEqualTo(CudaResult.INVALID_HANDLE);
        }

        @Test
        void ofATrapEndsTheContext() {
            kernels.launch(DeviceRig.DEFAULT, "trap", 3, 32, 0);
            assertThat(rig.code(new Call.CtxSync(DeviceRig.CONTEXT))).isEqualTo(CudaResult.LAUNCH_FAILED);
        }

        @Test
        void letsAnEndlessKernelOfItsContextBeAbandoned() throws Exception {
            rig.queue(new Call.StreamCreate(11, DeviceRig.CONTEXT, NON_BLOCKING, 0));
            kernels.launch(STREAM, "await", 1, 1, 0, memory, memory);
            kernels.launch(11, "trap", 1, 1, 0);
            assertThat(rig.code(new Call.StreamSync(11))).isEqualTo(CudaResult.LAUNCH_FAILED);
            CompletableFuture<DeviceRig.Outcome> destroyed = rig.start(new Call.CtxDestroy(DeviceRig.CONTEXT));
            assertThat(destroyed.get(10, TimeUnit.SECONDS).code()).isEqualTo(CudaResult.SUCCESS);
            assertThat(rig.device.drain(Duration.ofSeconds(10))).isEmpty();
        }
    }

    @Nested
    class AnEndlessKernel {
        @Test
        void isNamedByDrainAndAbandonedByClose() throws Exception {
            kernels.launch(STREAM, "await", 4, 64, 0, memory, memory);
            kernels.launch(STREAM, "empty", 1, 1, 0);
            Thread.sleep(50);
            assertThat(rig.device.drain(Duration.ofMillis(100)))
                    .matches("kernel await on stream 0xa for 0\\.[12] s; 1 operation waits");
            rig.device.close();
            assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().startsWith("cryo device"));
            rig = new DeviceRig();
        }

        @Test
        void doesNotKeepOtherStreamsFromWork() {
            kernels.launch(STREAM, "await", 4, 64, 0, memory, memory + 4);
            kernels.launch(DeviceRig.DEFAULT, "store", 1, 32, 0, memory + 4096, 9);
            assertThat(kernels.ints(DeviceRig.DEFAULT, memory + 4096, 32)).containsOnly(9);
            rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 4, 1, 1, 1));
            rig.call(new Call.StreamSync(STREAM));
        }
    }
}
