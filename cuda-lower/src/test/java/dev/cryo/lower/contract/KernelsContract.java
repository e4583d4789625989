package dev.cryo.lower.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What every device does with modules and kernels. */
@Timeout(60)
public abstract class KernelsContract implements OnTestBed {
    protected static final long STREAM = 10;
    protected static final int NON_BLOCKING = 1;
    /** Where nothing lies. */
    private static final long NOWHERE = DeviceRig.BASE + (16L << 30);

    /** Writes the begin of its module's table. */
    private static final String FILL = """
            .visible .entry fill() {
                .reg .b32 %r;
                .reg .b64 %d<3>;
                mov.u32 %r, %tid.x;
                mul.wide.u32 %d0, %r, 4;
                mov.u64 %d1, table;
                add.u64 %d2, %d1, %d0;
                st.global.u32 [%d2], 77;
                ret;
            }
            """;

    protected final TestBed bed;
    protected DeviceRig rig;
    protected KernelRig kernels;
    protected long memory;

    protected KernelsContract(TestBed bed) {
        this.bed = bed;
    }

    @Override
    public TestBed bed() {
        return bed;
    }

    @BeforeEach
    void open() throws Exception {
        rig = DeviceRig.withContext(bed.open());
        kernels = new KernelRig(rig);
        memory = rig.map(0, 1 << 20);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 1, 0, 1 << 20, 1));
        rig.queue(new Call.StreamCreate(STREAM, DeviceRig.CONTEXT, NON_BLOCKING, 0));
        // A driver may load late what it needs for these, and would wait then for kernels that wait for it.
        kernels.launch(DeviceRig.DEFAULT, "store", 1, 1, 0, memory, 1);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 4, 0, 1, 1));
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        bed.close();
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
        assertThat(rig.code(new Call.StreamSync(STREAM)))
                .isIn(CudaResult.INVALID_VALUE, CudaResult.ILLEGAL_ADDRESS);
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
        assertThat(mix.registers()).isPositive();
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

    /** Where modules are not loaded while kernels run, the second one may find the room of the first again. */
    @Test
    void globalsAreNotPutWhereAnEarlierModulesStillLive() throws Exception {
        long from = 0x1900_0000_0000L;
        CompletableFuture<DeviceRig.Outcome> second;
        rig.call(withGlobals(2000, 5 << 20, from, FILL));
        rig.call(new Call.FunctionGet(2010, 2000, "fill"));
        try (DeviceRig.Hold hold = rig.hold(STREAM)) {
            // Behind the hold, and so when the first module has been unloaded long ago.
            rig.queue(new Call.Launch(2010, STREAM, 1, 1, 1, 256, 1, 1, 0, new byte[0]));
            rig.queue(new Call.ModuleUnload(2000));
            second = rig.start(withGlobals(2001, 1024, from, ""));
            if (bed.loadsWhileKernelsRun()) {
                assertThat(placeOfGlobals(second.get(10, TimeUnit.SECONDS), 1024)).isEqualTo(from + (6 << 20));
            } else {
                Thread.sleep(50);
                assertThat(second).isNotDone();
            }
        }
        long place = placeOfGlobals(second.get(30, TimeUnit.SECONDS), 1024);
        assertThat(place).isIn(from, from + (6 << 20));
        rig.call(new Call.StreamSync(STREAM));
        assertThat(kernels.ints(STREAM, place, 256)).containsOnly(0);
    }

    private static Call.ModuleLoad withGlobals(long module, long bytes, long from) {
        return withGlobals(module, bytes, from, "");
    }

    private static Call.ModuleLoad withGlobals(long module, long bytes, long from, String code) {
        String text = ".version 7.5\n.target sm_75\n.address_size 64\n.visible .global .align 4 .b8 table[%d];\n%s"
                .formatted(bytes, code);
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

    @Test
    void aLaunchOfAnotherContextsKernelIsRefused() {
        rig.call(new Call.CtxCreate(3, 4, 0, 0, false));
        assertThat(kernels.launch(4, "empty", 1, 1, 0)).isEqualTo(CudaResult.INVALID_HANDLE);
        assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.SUCCESS);
    }

    @Test
    void kernelsGetMoreDynamicSharedMemoryIfTheyAreAllowed() {
        int words = 16 << 10;
        long large = rig.map(16 << 20, 4L * words);
        byte[] parameters =
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(large).array();
        rig.queue(new Call.FuncSetAttribute(KernelRig.id("reverse"), 8, 4 * words));
        rig.queue(new Call.MemSet(STREAM, large, 0, 4, 6, 1024, 1));
        assertThat(rig.queue(new Call.Launch(
                KernelRig.id("reverse"), STREAM, 1, 1, 1, 1024, 1, 1, 4 * words, parameters))).isZero();
        assertThat(kernels.ints(STREAM, large, 1024)).containsOnly(6);
        assertThat(rig.queue(new Call.Launch(
                KernelRig.id("reverse"), STREAM, 1, 1, 1, 1024, 1, 1, 4 * words + 4, parameters)))
                .isEqualTo(CudaResult.INVALID_VALUE);
    }

    @Test
    void manySmallLaunchesKeepTheirOrder() {
        for (int i = 1; i <= 2000; i++) {
            kernels.launch(STREAM, "store", 1, 1, 0, memory, i);
            kernels.launch(STREAM, "mix", 1, 1, 0, memory + 4, memory, 1, 1);
        }
        assertThat(kernels.ints(STREAM, memory, 2)).containsExactly(2000, 2000 * 2001 / 2);
    }

    @Test
    void twoModulesHaveTheirOwnVariables() {
        rig.call(new Call.ModuleLoad(2000, DeviceRig.CONTEXT, KernelRig.ptx(), KernelRig.GLOBALS, 0));
        rig.call(new Call.FunctionGet(2001, 2000, "count"));
        byte[] parameters =
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(memory).array();
        kernels.launch(STREAM, "count", 1, 1, 0, memory + 8);
        rig.queue(new Call.Launch(2001, STREAM, 1, 1, 1, 1, 1, 1, 0, parameters));
        assertThat(kernels.ints(STREAM, memory, 1)).containsExactly(5);
        long first = rig.call(new Call.GlobalGet(KernelRig.MODULE, "counter")).address();
        long second = rig.call(new Call.GlobalGet(2000, "counter")).address();
        assertThat(first).isNotEqualTo(second);
        rig.queue(new Call.MemSet(STREAM, second, 0, 4, 40, 1, 1));
        rig.queue(new Call.Launch(2001, STREAM, 1, 1, 1, 1, 1, 1, 0, parameters));
        kernels.launch(STREAM, "count", 1, 1, 0, memory + 8);
        assertThat(kernels.ints(STREAM, memory, 3)).containsExactly(40, 0, 8);
    }

    /** Constants are read through caches of their own. */
    @Test
    void constantVariablesCanBeWritten() {
        Call.GlobalGet.Result factor = rig.call(new Call.GlobalGet(KernelRig.MODULE, "factor"));
        assertThat(factor.bytes()).isEqualTo(4);
        assertThat(kernels.ints(STREAM, factor.address(), 1)).containsExactly(3);
        rig.queue(new Call.MemWrite(STREAM, factor.address(), new byte[] {10, 0, 0, 0}));
        kernels.launch(STREAM, "count", 1, 1, 0, memory);
        rig.queue(new Call.MemSet(STREAM, factor.address(), 0, 4, 100, 1, 1));
        kernels.launch(STREAM, "count", 1, 1, 0, memory + 4);
        rig.queue(new Call.Copy(STREAM, Call.Place.linear(Call.Space.DEVICE, factor.address()),
                Call.Place.linear(Call.Space.DEVICE, memory + 12), 4, 1, 1));
        kernels.launch(STREAM, "count", 1, 1, 0, memory + 8);
        assertThat(kernels.ints(STREAM, memory, 4)).containsExactly(5, 15, 115, 100);
    }

    /** An error that is met while work is done. */
    @Nested
    @ExtendWith(OwnProcess.class)
    public class AFault {
        @Test
        void ofAnAddressEndsTheContext() {
            kernels.launch(STREAM, "store", 1, 32, 0, NOWHERE, 1);
            kernels.launch(STREAM, "store", 1, 32, 0, memory, 1);
            assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            assertThat(rig.faults).hasValue(1);
            assertThat(rig.code(KernelRig.get("mix"))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            assertThat(rig.code(new Call.CtxStatus(DeviceRig.CONTEXT))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            rig.call(new Call.CtxDestroy(DeviceRig.CONTEXT));
            assertThat(rig.code(KernelRig.get("mix"))).isEqualTo(CudaResult.INVALID_HANDLE);
        }

        /** The host side is told by itself: the application need not ask for anything. */
        @Test
        void isToldThoughNobodyWaits() throws Exception {
            kernels.launch(STREAM, "store", 1, 32, 0, NOWHERE, 1);
            for (int i = 0; i < 1000 && rig.faults.get() == 0; i++) {
                Thread.sleep(10);
            }
            assertThat(rig.faults).hasValue(1);
            assertThat(rig.code(new Call.CtxStatus(DeviceRig.CONTEXT))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
        }

        @Test
        void ofATrapEndsTheContext() {
            kernels.launch(DeviceRig.DEFAULT, "trap", 3, 32, 0);
            assertThat(rig.code(new Call.CtxSync(DeviceRig.CONTEXT)))
                    .isIn(CudaResult.LAUNCH_FAILED, CudaResult.ILLEGAL_INSTRUCTION);
        }

        @Test
        void letsAnEndlessKernelOfItsContextBeAbandoned() throws Exception {
            rig.queue(new Call.StreamCreate(11, DeviceRig.CONTEXT, NON_BLOCKING, 0));
            DeviceRig.Hold unused = rig.hold(STREAM);
            kernels.launch(11, "trap", 1, 1, 0);
            assertThat(rig.code(new Call.StreamSync(11)))
                    .isIn(CudaResult.LAUNCH_FAILED, CudaResult.ILLEGAL_INSTRUCTION);
            CompletableFuture<DeviceRig.Outcome> destroyed = rig.start(new Call.CtxDestroy(DeviceRig.CONTEXT));
            assertThat(destroyed.get(10, TimeUnit.SECONDS).code()).isEqualTo(CudaResult.SUCCESS);
            assertThat(rig.device.drain(Duration.ofSeconds(10))).isEmpty();
        }

        /** And else not at all: what can still be done is to give everything back. */
        @Test
        void isGoneWithItsContextWhereItIsNoneOfTheDevice() {
            kernels.launch(STREAM, "store", 1, 32, 0, NOWHERE, 1);
            assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            rig.call(new Call.CtxDestroy(DeviceRig.CONTEXT));
            assertThat(rig.device.has(memory)).isFalse();
            if (bed.faultReach() != FaultReach.CONTEXT) {
                for (boolean primary : new boolean[] {false, true}) {
                    assertThat(rig.code(new Call.CtxCreate(DeviceRig.CONTEXT, DeviceRig.DEFAULT, 0, 0, primary)))
                            .isEqualTo(CudaResult.ILLEGAL_ADDRESS);
                }
                return;
            }
            rig.createContext();
            long again = rig.map(0, 4096);
            rig.call(KernelRig.load());
            rig.call(KernelRig.get("store"));
            rig.queue(new Call.StreamCreate(STREAM, DeviceRig.CONTEXT, NON_BLOCKING, 0));
            kernels.launch(STREAM, "store", 1, 32, 0, again, 8);
            assertThat(kernels.ints(STREAM, again, 32)).containsOnly(8);
        }

        @Test
        void isMetByOtherContextsWhereItIsOneOfTheDevice() {
            rig.call(new Call.CtxCreate(3, 4, 0, 0, false));
            long other = DeviceRig.BASE + (16 << 20);
            rig.call(new Call.MemMap(other, 3, 4096));
            kernels.launch(STREAM, "store", 1, 32, 0, NOWHERE, 1);
            assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            // The other context is told when it next asks the driver.
            boolean spared = bed.faultReach() == FaultReach.CONTEXT;
            int expected = spared ? CudaResult.SUCCESS : CudaResult.ILLEGAL_ADDRESS;
            rig.queue(new Call.MemSet(4, other, 0, 1, 7, 4096, 1));
            assertThat(rig.code(new Call.StreamSync(4))).isEqualTo(expected);
            assertThat(rig.code(new Call.CtxStatus(3))).isEqualTo(expected);
            assertThat(rig.code(new Call.MemMap(other + (16 << 20), 3, 4096))).isEqualTo(expected);
            assertThat(rig.faults).hasValue(spared ? 1 : 2);
        }

        @Test
        void answersAllWhoWait() {
            List<CompletableFuture<DeviceRig.Outcome>> waiting = new ArrayList<>();
            rig.queue(new Call.EventCreate(20, DeviceRig.CONTEXT, 0));
            try (DeviceRig.Hold hold = rig.hold(STREAM)) {
                kernels.launch(STREAM, "store", 1, 32, 0, NOWHERE, 1);
                rig.queue(new Call.EventRecord(20, STREAM));
                waiting.add(rig.start(new Call.StreamSync(STREAM)));
                waiting.add(rig.start(new Call.EventSync(20)));
                waiting.add(rig.start(new Call.CtxSync(DeviceRig.CONTEXT)));
            }
            for (CompletableFuture<DeviceRig.Outcome> each : waiting) {
                assertThat(rig.code(each)).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            }
        }
    }

    @Test
    void aKernelThatWaitsDoesNotKeepOtherStreamsFromWork() {
        kernels.launch(STREAM, "await", 4, 64, 0, memory, memory + 4);
        kernels.launch(DeviceRig.DEFAULT, "store", 1, 32, 0, memory + 4096, 9);
        assertThat(kernels.ints(DeviceRig.DEFAULT, memory + 4096, 32)).containsOnly(9);
        rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 4, 1, 1, 1));
        rig.call(new Call.StreamSync(STREAM));
    }
}
