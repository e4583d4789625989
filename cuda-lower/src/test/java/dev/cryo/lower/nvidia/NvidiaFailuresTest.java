package dev.cryo.lower.nvidia;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.lower.contract.KernelRig;
import dev.cryo.lower.contract.SessionRig;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the device does when its driver fails. */
@Timeout(60)
class NvidiaFailuresTest {
    private static final long MIB = 1 << 20;
    private static final long STREAM = 10;

    private FailureRig failing;
    private DeviceRig rig;

    @BeforeEach
    void open() throws Exception {
        start(CaptureMethod.AUTO);
    }

    private void start(CaptureMethod method) throws Exception {
        failing = new FailureRig(method);
        rig = DeviceRig.withContext(failing.device);
        rig.queue(new Call.StreamCreate(STREAM, DeviceRig.CONTEXT, 1, 0));
    }

    private void restart(CaptureMethod method) throws Exception {
        close();
        start(method);
    }

    @AfterEach
    void close() throws Exception {
        failing.script.behave();
        try (FailureRig last = failing) {
            rig.close();
        }
    }

    private long free() {
        return rig.call(new Call.MemInfo(DeviceRig.CONTEXT)).free();
    }

    @Nested
    class Memory {
        @ParameterizedTest
        @CsvSource({"createMemory, 2", "map, 2", "allowAccess, 2", "createMemory, 999", "map, 1", "allowAccess, 801"})
        void thatCannotBeMadeIsRefusedWithTheDriversCodeAndLeavesNothing(String function, int code) {
            long before = free();
            failing.script.fail(function, 1, code);
            assertThat(rig.code(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 10 * MIB))).isEqualTo(code);
            assertThat(failing.device.has(DeviceRig.BASE)).isFalse();
            assertThat(free()).isEqualTo(before);
            long memory = rig.map(0, 10 * MIB);
            rig.queue(new Call.MemSet(STREAM, memory, 0, 1, 7, 10 * MIB, 1));
            assertThat(rig.download(STREAM, memory + 8 * MIB, 4)).containsOnly(7);
        }

        @ParameterizedTest
        @ValueSource(strings = {"createMemory", "map", "allowAccess"})
        void ofWhichAPartCannotBeMadeIsGivenBack(String function) {
            rig.map(4 * MIB, 2 * MIB); // What is asked for lies on both sides of it.
            rig.queue(new Call.MemUnmap(DeviceRig.BASE + 4 * MIB));
            rig.map(4 * MIB, 100);
            long before = free();
            failing.script.fail(function, 2, CudaResult.OUT_OF_MEMORY);
            int code = rig.code(new Call.MemMap(DeviceRig.BASE + 4 * MIB + 256, DeviceRig.CONTEXT, 20 * MIB));
            assertThat(code).isIn(CudaResult.SUCCESS, CudaResult.OUT_OF_MEMORY);
            if (code != CudaResult.SUCCESS) {
                assertThat(free()).isEqualTo(before);
            }
        }

        @Test
        void thatDoesNotFitIsRefusedAndTheRestCanBeHad() {
            assertThat(rig.code(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 2L << 30)))
                    .isEqualTo(CudaResult.OUT_OF_MEMORY);
            rig.map(0, 512 * MIB);
            assertThat(rig.code(new Call.MemMap(DeviceRig.BASE + 512 * MIB, DeviceRig.CONTEXT, 768 * MIB)))
                    .isEqualTo(CudaResult.OUT_OF_MEMORY);
            rig.map(512 * MIB, 256 * MIB);
        }

        @Test
        void thatIsHadOnceOtherMemoryHasEndedIsWaitedFor() {
            rig.map(0, 900 * MIB);
            CompletableFuture<DeviceRig.Outcome> mapped;
            try (DeviceRig.Hold hold = rig.hold(STREAM)) {
                rig.queue(new Call.MemUnmap(DeviceRig.BASE));
                mapped = rig.start(new Call.MemMap(DeviceRig.BASE + 1024 * MIB, DeviceRig.CONTEXT, 800 * MIB));
                assertThat(mapped).isNotDone();
            }
            assertThat(rig.code(mapped)).isEqualTo(CudaResult.SUCCESS);
        }

        /** The upper half tries other addresses then. */
        @Test
        void whereTheProcessHasSomethingElseIsRefusedAsTaken() throws Exception {
            long window = DeviceRig.BASE + (1L << 40);
            long taken = window + (5L << 30);
            VirtualMemory.reserve(taken, 4096);
            try {
                assertThat(rig.code(new Call.MemMap(taken, DeviceRig.CONTEXT, MIB)))
                        .isEqualTo(CudaResult.OPERATING_SYSTEM);
                assertThat(rig.code(new Call.MemMap(window + (1L << 40), DeviceRig.CONTEXT, MIB)))
                        .isEqualTo(CudaResult.SUCCESS);
            } finally {
                VirtualMemory.unmap(taken, 4096);
            }
            assertThat(rig.code(new Call.MemMap(taken, DeviceRig.CONTEXT, MIB))).isEqualTo(CudaResult.SUCCESS);
        }

        @Test
        void thatIsPageLockedAndNotRegisteredIsRefused() {
            try (Arena arena = Arena.ofShared()) {
                MemorySegment host = arena.allocate(4096, 4096);
                failing.script.fail("registerHost", 1, CudaResult.OUT_OF_MEMORY);
                Call.HostAlloc alloc = new Call.HostAlloc(host.address(), DeviceRig.CONTEXT, 4096, 0, 3);
                assertThat(rig.code(alloc)).isNotEqualTo(CudaResult.SUCCESS);
                assertThat(failing.device.pageLocked()).isEmpty();
                rig.call(alloc);
                rig.call(new Call.HostFree(host.address()));
            }
        }

        @Test
        void ofStagingThatIsNotRegisteredIsCopiedAllTheSame() throws Exception {
            failing.device.detach();
            failing.script.fail("registerHost", 1, CudaResult.OUT_OF_MEMORY);
            failing.device.attach(rig);
            long memory = rig.map(0, 4 * MIB);
            byte[] data = new byte[(int) (3 * MIB)];
            data[data.length - 1] = 9;
            rig.upload(STREAM, memory, data);
            assertThat(rig.download(STREAM, memory, data.length)).isEqualTo(data);
            assertThat(rig.released(1)).containsExactly(new LowerHalf.Range(0, data.length));
        }
    }

    @Nested
    class Modules {
        @Test
        void thatTheDriverRefusesAreRefusedWithItsCodeAndItsLogIsTold() {
            List<String> told = new CopyOnWriteArrayList<>();
            Handler handler = new Handler() {
                @Override
                public void publish(LogRecord record) {
                    told.add(new SimpleFormatter().formatMessage(record));
                }

                @Override
                public void flush() {
                    // Nothing is kept back.
                }

                @Override
                public void close() {
                    // Nothing is held.
                }
            };
            Logger logger = Logger.getLogger("dev.cryo.device");
            logger.addHandler(handler);
            long before = free();
            byte[] text = """
                    .version 7.0
                    .target sm_70
                    .address_size 64
                    .global .align 4 .b8 table[5000000];
                    .visible .entry k() {
                        .reg .b32 %r;
                        nonsense.u32 %r, 1;
                        ret;
                    }
                    """.getBytes(StandardCharsets.US_ASCII);
            try {
                int code = rig.code(new Call.ModuleLoad(50, DeviceRig.CONTEXT, text, KernelRig.GLOBALS, 0));
                assertThat(code).isIn(CudaResult.INVALID_PTX, CudaResult.NO_BINARY_FOR_GPU);
            } finally {
                logger.removeHandler(handler);
            }
            assertThat(told).anyMatch(line -> line.contains("ptxas application ptx input, line "));
            assertThat(rig.code(new Call.FunctionGet(51, 50, "k"))).isEqualTo(CudaResult.INVALID_HANDLE);
            rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
            assertThat(free()).isEqualTo(before);
            assertThat(rig.code(new Call.CtxStatus(DeviceRig.CONTEXT))).isEqualTo(CudaResult.SUCCESS);
            rig.call(new Call.ModuleLoad(50, DeviceRig.CONTEXT, KernelRig.ptx(), KernelRig.GLOBALS, 0));
        }

        @ParameterizedTest
        @CsvSource({
            "loadModule, 2", "loadModule, 218", "variable, 500", "createMemory, 2", "copyToDevice, 999", "copy, 999"
        })
        void thatCannotBeLoadedLeaveNothing(String function, int code) {
            long before = free();
            failing.script.fail(function, 1, code);
            int answer = rig.code(KernelRig.load());
            if (failing.script.calls(function) == 0) {
                return; // It is done in another way.
            }
            assertThat(answer).isEqualTo(code);
            rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
            assertThat(free()).isEqualTo(before);
            assertThat(rig.code(new Call.GlobalGet(KernelRig.MODULE, "table"))).isEqualTo(CudaResult.INVALID_HANDLE);
            failing.script.behave();
            KernelRig kernels = new KernelRig(rig);
            long memory = rig.map(0, 4096);
            kernels.launch(STREAM, "count", 1, 1, 0, memory);
            assertThat(kernels.ints(STREAM, memory, 1)).containsExactly(5);
        }

        @Test
        void withAKernelThatIsNotDescribedGoOn() {
            KernelRig kernels = new KernelRig(rig);
            failing.script.fail("functionAttribute", 1, CudaResult.UNKNOWN);
            assertThat(rig.code(new Call.FunctionGet(5000, KernelRig.MODULE, "mix"))).isEqualTo(CudaResult.UNKNOWN);
            rig.call(new Call.FunctionGet(5000, KernelRig.MODULE, "mix"));
            assertThat(kernels.launch(STREAM, "empty", 1, 1, 0)).isEqualTo(CudaResult.SUCCESS);
        }
    }

    @Nested
    class AnErrorOfWork {
        @ParameterizedTest
        @ValueSource(strings = {"set", "createStream", "createEvent", "isQuiet"})
        void isKeptWhateverFunctionTellsIt(String function) throws Exception {
            long memory = rig.map(0, 4096);
            failing.script.failAlways(function, CudaResult.ILLEGAL_ADDRESS);
            rig.code(new Call.StreamCreate(11, DeviceRig.CONTEXT, 0, 0));
            rig.code(new Call.EventCreate(20, DeviceRig.CONTEXT, 0));
            rig.code(new Call.EventRecord(20, STREAM));
            rig.code(new Call.MemSet(STREAM, memory, 0, 1, 1, 1, 1));
            rig.code(new Call.StreamQuery(STREAM));
            failing.script.behave();
            assertThat(rig.code(new Call.CtxStatus(DeviceRig.CONTEXT))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            assertThat(rig.faults).hasValue(1);
            assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            assertThat(rig.code(new Call.MemInfo(DeviceRig.CONTEXT))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            assertThat(failing.device.drain(Duration.ofSeconds(10))).isEmpty();
            assertThatThrownBy(failing.device::capture)
                    .isInstanceOf(IOException.class)
                    .hasMessage("context 0x1 is faulted with CUDA error 700, which a restart could not give back");
        }

        @Test
        void endsWhatWasQueuedAndTheDrain() throws Exception {
            KernelRig kernels = new KernelRig(rig);
            long memory = rig.map(0, 64 * MIB);
            rig.upload(STREAM, memory, new byte[1000]);
            CompletableFuture<DeviceRig.Outcome> unmapped;
            CompletableFuture<Void> followed = new CompletableFuture<>();
            try (DeviceRig.Hold hold = rig.hold(STREAM)) {
                kernels.launch(STREAM, "store", 1, 32, 0, DeviceRig.BASE + (30L << 30), 1);
                for (int i = 0; i < 20; i++) {
                    rig.queue(new Call.Copy(STREAM, Call.Place.linear(Call.Space.STAGING, i),
                            Call.Place.linear(Call.Space.DEVICE, memory), 1, 1, 1));
                }
                failing.device.follow(STREAM, () -> followed.complete(null));
                rig.queue(new Call.MemUnmap(memory));
                unmapped = rig.start(new Call.CtxSync(DeviceRig.CONTEXT));
            }
            assertThat(rig.code(unmapped)).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            assertThat(failing.device.drain(Duration.ofSeconds(10))).isEmpty();
            assertThat(rig.faults).hasValue(1);
            assertThat(rig.released(21)).hasSize(21);
            assertThat(followed).isCompleted();
            rig.call(new Call.CtxDestroy(DeviceRig.CONTEXT));
            assertThat(failing.device.has(memory)).isFalse();
        }

        /** Where addresses are reserved already, and where they are not: the upper half must not look for others. */
        @ParameterizedTest
        @ValueSource(longs = {128 * MIB, 1L << 40})
        void isThatOfMemoryForAContextThatHasNotAskedTheDriverSince(long offset) {
            KernelRig kernels = new KernelRig(rig);
            rig.map(0, MIB);
            rig.call(new Call.CtxCreate(3, 4, 0, 0, false));
            kernels.launch(STREAM, "trap", 1, 1, 0);
            assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.LAUNCH_FAILED);
            rig.call(new Call.CtxDestroy(DeviceRig.CONTEXT));
            assertThat(rig.code(new Call.MemMap(DeviceRig.BASE + offset, 3, MIB))).isEqualTo(CudaResult.LAUNCH_FAILED);
            assertThat(rig.faults).hasValue(2);
            assertThat(rig.code(new Call.CtxStatus(3))).isEqualTo(CudaResult.LAUNCH_FAILED);
        }

        @Test
        void isThatOfPageLockedMemoryForSuchAContext() {
            KernelRig kernels = new KernelRig(rig);
            rig.call(new Call.CtxCreate(3, 4, 0, 0, false));
            kernels.launch(STREAM, "trap", 1, 1, 0);
            assertThat(rig.code(new Call.StreamSync(STREAM))).isEqualTo(CudaResult.LAUNCH_FAILED);
            try (Arena arena = Arena.ofShared()) {
                MemorySegment host = arena.allocate(4096, 4096);
                assertThat(rig.code(new Call.HostAlloc(host.address(), 3, 4096, 0, 3)))
                        .isEqualTo(CudaResult.LAUNCH_FAILED);
            }
            assertThat(failing.device.pageLocked()).isEmpty();
        }
    }

    @Nested
    class ACapture {
        private long memory;

        private void contents(CaptureMethod method) throws Exception {
            restart(method);
            memory = rig.map(0, 20 * MIB);
            rig.queue(new Call.MemSet(STREAM, memory, 0, 1, 6, 20 * MIB, 1));
            rig.map(64 * MIB, 100);
            rig.queue(new Call.MemSet(STREAM, memory + 64 * MIB, 0, 1, 7, 100, 1));
            rig.queue(new Call.EventCreate(20, DeviceRig.CONTEXT, 0));
            rig.queue(new Call.EventRecord(20, STREAM));
            rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
            try (LowerHalf.Capture warm = failing.device.capture()) {
                assertThat(warm.ranges()).hasSize(2);
            }
        }

        private static byte[] read(LowerHalf.Capture capture, long address) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment into = arena.allocate(50);
                capture.read(address, into);
                return into.toArray(ValueLayout.JAVA_BYTE);
            }
        }

        private void deviceGoesOn() throws Exception {
            failing.script.behave();
            rig.queue(new Call.MemSet(STREAM, memory, 0, 1, 8, 20 * MIB, 1));
            assertThat(rig.download(STREAM, memory + 19 * MIB, 1000)).containsOnly(8);
            try (LowerHalf.Capture capture = failing.device.capture()) {
                assertThat(read(capture, memory + 10 * MIB)).containsOnly(8);
                assertThat(read(capture, memory + 64 * MIB)).containsOnly(7);
            }
        }

        @ParameterizedTest
        @CsvSource({
            "DEVICE, createMemory", "DEVICE, map", "DEVICE, allowAccess", "DEVICE, copyOnDevice", "DEVICE, copy",
            "DEVICE, synchronize", "DEVICE, record", "DEVICE, hasEnded", "DEVICE, memoryInfo", "DEVICE, elapsedMillis",
            "PINNED, copyToHost", "PINNED, copy", "PINNED, synchronize", "PINNED, allocateHost", "PINNED, record",
            "PINNED, elapsedMillis", "PINNED, hasEnded"
        })
        void thatFailsLeavesTheDeviceGoingOnAndNothingBehind(CaptureMethod method, String function) throws Exception {
            contents(method);
            long before = free();
            failing.script.failAlways(function, CudaResult.UNKNOWN);
            int calls = failing.script.calls(function);
            String message = "";
            try (LowerHalf.Capture capture = failing.device.capture()) {
                message = "captured";
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("999").isNotNull();
            }
            if (failing.script.calls(function) > calls) {
                assertThat(message).as("the capture of which %s fails", function).isEmpty();
            }
            failing.script.behave();
            assertThat(free()).isEqualTo(before);
            deviceGoesOn();
        }

        @ParameterizedTest
        @EnumSource(CaptureMethod.class)
        void thatCannotBeReadSaysSoAndGivesItsMemoryBack(CaptureMethod method) throws Exception {
            contents(method);
            long before = free();
            try (LowerHalf.Capture capture = failing.device.capture()) {
                failing.script.failAlways("copyToHost", CudaResult.UNKNOWN);
                failing.script.failAlways("copy", CudaResult.UNKNOWN);
                try {
                    assertThat(read(capture, memory)).containsOnly(6); // From the host.
                } catch (IOException e) {
                    assertThat(e).hasMessageContaining("999");
                }
                failing.script.behave();
            }
            assertThat(free()).isEqualTo(before);
            deviceGoesOn();
        }

        @Test
        void ofWhichTheDeviceCannotHoldACopyIsHeldByTheHost() throws Exception {
            contents(CaptureMethod.AUTO);
            rig.map(1024 * MIB, 700 * MIB);
            long before = free();
            try (LowerHalf.Capture capture = failing.device.capture()) {
                assertThat(free()).isEqualTo(before);
                rig.queue(new Call.MemSet(STREAM, memory, 0, 1, 8, 20 * MIB, 1));
                rig.call(new Call.StreamSync(STREAM));
                assertThat(read(capture, memory)).containsOnly(6);
            }
        }

        @Test
        void ofWhichTheDeviceCannotHoldACopyIsRefusedWhereThatWasAskedFor() throws Exception {
            contents(CaptureMethod.DEVICE);
            rig.map(1024 * MIB, 700 * MIB);
            long before = free();
            assertThatThrownBy(failing.device::capture)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("bytes of free memory");
            assertThat(free()).isEqualTo(before);
        }

        @ParameterizedTest
        @EnumSource(CaptureMethod.class)
        void isHeldWhileContextsComeAndGo(CaptureMethod method) throws Exception {
            contents(method);
            CompletableFuture<DeviceRig.Outcome> destroyed;
            try (LowerHalf.Capture capture = failing.device.capture()) {
                rig.call(new Call.CtxDestroy(DeviceRig.CONTEXT));
                rig.createContext();
                assertThat(read(capture, memory)).containsOnly(6);
                // That may have to wait until a capture on the device has been read.
                destroyed = rig.start(new Call.CtxDestroy(DeviceRig.CONTEXT));
                assertThat(read(capture, memory + 10 * MIB)).containsOnly(6);
            }
            assertThat(rig.code(destroyed)).isEqualTo(CudaResult.SUCCESS);
        }
    }

    @Nested
    class ARestore {
        @TempDir
        private Path folder;

        /** Whichever call fails: nothing is left, and the same device can be restored then. */
        @ParameterizedTest
        @ValueSource(strings = {
            "createContext", "createStream", "createMemory", "map", "allowAccess", "loadModule", "function",
            "functionAttribute", "createEvent", "copyToDevice", "set", "copy", "record", "synchronize", "allocateHost"
        })
        void thatFailsLeavesNothingAndCanBeTriedAgain(String function) throws Exception {
            try (FailureRig first = new FailureRig(CaptureMethod.AUTO);
                    FailureRig second = new FailureRig(CaptureMethod.AUTO);
                    SessionRig session = new SessionRig(first.device, folder)) {
                session.run(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 20 * MIB));
                session.run(new Call.MemMap(DeviceRig.BASE + 64 * MIB, DeviceRig.CONTEXT, 12 * MIB));
                KernelRig kernels = new KernelRig(session.rig());
                session.log().append(kernels.loaded());
                session.log().append(KernelRig.get("count"));
                session.run(new Call.EventCreate(20, DeviceRig.CONTEXT, 0));
                session.rig().queue(new Call.EventRecord(20, STREAM));
                session.rig().queue(new Call.MemSet(STREAM, DeviceRig.BASE, 0, 1, 6, 20 * MIB, 1));
                session.rig().queue(new Call.MemSet(STREAM, DeviceRig.BASE + 64 * MIB, 0, 1, 0, 12 * MIB, 1));
                session.rig().queue(new Call.MemSet(STREAM, DeviceRig.BASE + 66 * MIB, 0, 1, 7, 1000, 1));
                Path image = session.checkpoint(false, () -> {});
                session.replace(second.device);

                for (int call = 1; call <= 40; call += 1 + call / 3) {
                    second.script.fail(function, call, CudaResult.UNKNOWN);
                    ControlMessage answer =
                            session.handle(new ControlMessage.Restore(image.toString(), false, new byte[0]));
                    second.script.behave();
                    if (answer instanceof ControlMessage.Failed failed) {
                        assertThat(failed.message()).as("%s, call %d", function, call).contains("999");
                    } else {
                        // It was not called as often, or it does not matter.
                        session.expectDone(new ControlMessage.Drain(1000));
                        session.rig().call(new Call.CtxDestroy(DeviceRig.CONTEXT));
                    }
                    assertThat(second.device.has(DeviceRig.BASE)).isFalse();
                    assertThat(second.device.drain(Duration.ofSeconds(10))).isEmpty();
                    assertThat(second.simulated.leaks()).as("%s, call %d", function, call)
                            .noneMatch(leak -> !leak.startsWith("reservation"));
                }
                session.expectDone(new ControlMessage.Restore(image.toString(), false, new byte[0]));
                session.attach();
                assertThat(session.rig().download(STREAM, DeviceRig.BASE + 19 * MIB, 1000)).containsOnly(6);
                assertThat(session.rig().download(STREAM, DeviceRig.BASE + 66 * MIB, 1000)).containsOnly(7);
                assertThat(session.rig().download(STREAM, DeviceRig.BASE + 70 * MIB, 1000)).containsOnly(0);
            }
        }
    }

    @Nested
    class Closing {
        private void busy() {
            KernelRig kernels = new KernelRig(rig);
            long memory = rig.map(0, 256 * MIB);
            rig.queue(new Call.MemSet(STREAM, memory, 0, 4, 0, 1, 1));
            rig.call(new Call.StreamSync(STREAM));
            kernels.launch(STREAM, "await", 2, 32, 0, memory, memory);
            rig.queue(new Call.EventCreate(20, DeviceRig.CONTEXT, 0));
            rig.queue(new Call.EventRecord(20, STREAM));
            for (int i = 0; i < 50; i++) {
                rig.queue(new Call.MemSet(STREAM, memory, 0, 1, i, 256 * MIB, 1));
            }
            rig.start(new Call.StreamSync(STREAM));
            rig.queue(new Call.MemUnmap(memory));
            rig.start(new Call.MemMap(memory, DeviceRig.CONTEXT, 4096));
            failing.device.follow(STREAM, () -> {});
        }

        @Test
        @Timeout(20)
        void abandonsWorkAndGivesEverythingBack() throws Exception {
            busy();
            rig.close();
            try (FailureRig left = failing) {
                assertThat(left.simulated.leaks()).isEmpty();
            }
            assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().startsWith("cryo device"));
            start(CaptureMethod.AUTO);
        }

        @Test
        @Timeout(40)
        void isNotHeldUpByWorkThatNeverEndsThoughTheDriverWaitsForIt() throws Exception {
            busy();
            long memory = rig.map(512 * MIB, 4096);
            CompletableFuture<DeviceRig.Outcome> loaded = rig.start(
                    new Call.ModuleLoad(50, DeviceRig.CONTEXT, KernelRig.ptx(), KernelRig.GLOBALS, 0));
            rig.queue(new Call.MemSet(DeviceRig.DEFAULT, memory, 0, 1, 1, 1, 1));
            failing.device.detach();
            assertThat(loaded).isNotDone();
            rig.close();
            assertThat(rig.code(loaded)).isNotEqualTo(CudaResult.SUCCESS);
            try (FailureRig left = failing) {
                assertThat(left.simulated.leaks()).isEmpty();
            }
            assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().startsWith("cryo device"));
            start(CaptureMethod.AUTO);
        }

        @Test
        @Timeout(20)
        void goesOnBehindWhatCannotBeGivenBack() throws Exception {
            rig.map(0, 4096);
            rig.map(64 * MIB, 4096);
            failing.script.fail("unmap", 1, CudaResult.UNKNOWN);
            rig.close();
            try (failing.simulated) {
                assertThat(failing.simulated.leaks())
                        .allMatch(leak -> leak.startsWith("mapping") || leak.startsWith("reservation"))
                        .hasSizeLessThanOrEqualTo(2);
            }
            start(CaptureMethod.AUTO);
        }
    }
}
