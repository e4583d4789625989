package dev.cryo.lower.nvidia.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.linux.VirtualMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SimulatedDriverTest {
    private static final long MIB = 1 << 20;
    private static final long AT = 0x3000_0000_0000L;
    private static final String PTX = """
            .version 8.0
            .target sm_75
            .address_size 64
            .global .align 4 .u32 counter = 5;
            .visible .entry add(.param .u64 to, .param .u32 amount) {
                .reg .u32 %r<3>;
                .reg .u64 %d;
                ld.param.u64 %d, [to];
                ld.param.u32 %r0, [amount];
                atom.global.add.u32 %r1, [%d], %r0;
                atom.global.add.u32 %r1, [counter], 1;
                ret;
            }
            .visible .entry wait(.param .u64 flag) {
                .reg .u32 %r;
                .reg .u64 %d;
                .reg .pred %p;
                ld.param.u64 %d, [flag];
            L:  ld.volatile.global.u32 %r, [%d];
                setp.eq.u32 %p, %r, 0;
                @%p bra L;
                ret;
            }
            """;

    private static final VarHandle NUMBER = ValueLayout.JAVA_INT.varHandle();

    private final SimulatedDriver driver = new SimulatedDriver(64 * MIB);
    private final Arena arena = Arena.ofShared();
    private long context;

    @BeforeEach
    void open() throws Exception {
        driver.initialize();
        context = driver.createContext(0, 0);
        driver.makeCurrent(context);
    }

    @AfterEach
    void close() throws Exception {
        driver.close();
        arena.close();
    }

    private interface Function {
        void call() throws DriverException;
    }

    private static int code(Function function) {
        DriverException refused = catchThrowableOfType(DriverException.class, function::call);
        return refused == null ? CudaResult.SUCCESS : refused.code();
    }

    private long memoryAt(long address, long bytes) throws DriverException {
        driver.reserve(address, bytes);
        long handle = driver.createMemory(bytes, 0);
        driver.map(address, bytes, handle);
        driver.allowAccess(address, bytes, 0);
        return handle;
    }

    private long module() throws DriverException {
        return driver.loadModule((PTX + "\0").getBytes(StandardCharsets.US_ASCII), new StringBuilder());
    }

    private static byte[] parameters(long address, int value) {
        return ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putLong(address).putInt(value).array();
    }

    /** A stream that is held up. */
    private record Hold(MemorySegment number) {
        void release() {
            NUMBER.setVolatile(number, 0L, 1);
        }
    }

    /** Holds a stream up until it is released. */
    private Hold occupy(long stream) throws DriverException {
        MemorySegment number = VirtualMemory.at(driver.allocateHost(4), 4);
        driver.awaitValue(stream, number.address(), 1);
        return new Hold(number);
    }

    private static int value(long address) {
        return VirtualMemory.at(address, 4).get(ValueLayout.JAVA_INT, 0);
    }

    @Nested
    class MemoryAtChosenAddresses {
        @Test
        void isMemoryOfThisProcessAndBeginsWithGarbage() throws Exception {
            memoryAt(AT, 4 * MIB);
            assertThat(value(AT + 3 * MIB)).isEqualTo(0xa5a5a5a5);
            VirtualMemory.at(AT, 4).set(ValueLayout.JAVA_INT, 0, 77);
            MemorySegment host = arena.allocate(4);
            driver.copyToHost(host.address(), AT, 4, 0);
            assertThat(host.get(ValueLayout.JAVA_INT, 0)).isEqualTo(77);
        }

        @Test
        void keepsItsContentsWithItsHandle() throws Exception {
            long handle = memoryAt(AT, 2 * MIB);
            VirtualMemory.at(AT, 4).set(ValueLayout.JAVA_INT, 0, 77);
            driver.unmap(AT, 2 * MIB);
            driver.reserve(AT + 8 * MIB, 4 * MIB);
            driver.map(AT + 10 * MIB, 2 * MIB, handle);
            driver.allowAccess(AT + 10 * MIB, 2 * MIB, 0);
            assertThat(value(AT + 10 * MIB)).isEqualTo(77);
        }

        @Test
        void addressesThatAreTakenAreRefused() throws Exception {
            driver.reserve(AT, 4 * MIB);
            assertThat(code(() -> driver.reserve(AT + 2 * MIB, 4 * MIB))).isEqualTo(CudaResult.OPERATING_SYSTEM);
            assertThat(code(() -> driver.reserve(AT + 8 * MIB + 1, 2 * MIB))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.freeReservation(AT, 2 * MIB))).isEqualTo(CudaResult.INVALID_VALUE);
            driver.freeReservation(AT, 4 * MIB);
            driver.reserve(AT + 2 * MIB, 4 * MIB);
        }

        @Test
        void isOnlyMappedWholeOnceAndWhereItIsReserved() throws Exception {
            driver.reserve(AT, 4 * MIB);
            driver.reserve(AT + 4 * MIB, 4 * MIB);
            assertThat(code(() -> driver.createMemory(MIB, 0))).isEqualTo(CudaResult.INVALID_VALUE);
            long two = driver.createMemory(2 * MIB, 0);
            long four = driver.createMemory(4 * MIB, 0);
            assertThat(code(() -> driver.map(AT, 2 * MIB, four))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.map(AT + 2 * MIB, 4 * MIB, four))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.map(AT + 8 * MIB, 4 * MIB, four))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.map(AT + 4096, 2 * MIB, two))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.map(AT, 2 * MIB, 12345))).isEqualTo(CudaResult.INVALID_VALUE);
            driver.map(AT, 2 * MIB, two);
            assertThat(code(() -> driver.map(AT, 4 * MIB, four))).isEqualTo(CudaResult.INVALID_VALUE);
            driver.map(AT + 4 * MIB, 4 * MIB, four);
        }

        @Test
        void isOnlyAccessibleOnceThatIsAllowed() throws Exception {
            driver.reserve(AT, 8 * MIB);
            driver.map(AT, 2 * MIB, driver.createMemory(2 * MIB, 0));
            driver.map(AT + 2 * MIB, 4 * MIB, driver.createMemory(4 * MIB, 0));
            assertThat(code(() -> driver.set(AT, 0, 1, 1, 10, 1, 0))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.allowAccess(AT, MIB, 0))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.allowAccess(AT, 4 * MIB, 0))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.allowAccess(AT, 8 * MIB, 0))).isEqualTo(CudaResult.INVALID_VALUE);
            driver.allowAccess(AT, 6 * MIB, 0);
            driver.set(AT + MIB, 0, 1, 1, 2 * MIB, 1, 0);
            driver.synchronize(0);
            assertThat(value(AT + 2 * MIB)).isEqualTo(0x01010101);
        }

        @Test
        void isUnmappedAsItWasMapped() throws Exception {
            long handle = memoryAt(AT, 4 * MIB);
            assertThat(code(() -> driver.unmap(AT, 2 * MIB))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.unmap(AT + 2 * MIB, 2 * MIB))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.freeReservation(AT, 4 * MIB))).isEqualTo(CudaResult.INVALID_VALUE);
            driver.unmap(AT, 4 * MIB);
            assertThat(code(() -> driver.unmap(AT, 4 * MIB))).isEqualTo(CudaResult.INVALID_VALUE);
            driver.freeReservation(AT, 4 * MIB);
            driver.releaseMemory(handle);
            assertThat(code(() -> driver.releaseMemory(handle))).isEqualTo(CudaResult.INVALID_VALUE);
        }

        @Test
        void isFreeOnceItHasNeitherHandleNorMapping() throws Exception {
            long handle = memoryAt(AT, 60 * MIB);
            assertThat(driver.memoryInfo()).isEqualTo(new CudaDriver.MemoryInfo(4 * MIB, 64 * MIB));
            assertThat(code(() -> driver.createMemory(6 * MIB, 0))).isEqualTo(CudaResult.OUT_OF_MEMORY);
            assertThat(code(() -> driver.allocate(6 * MIB))).isEqualTo(CudaResult.OUT_OF_MEMORY);
            driver.releaseMemory(handle);
            assertThat(driver.memoryInfo().free()).isEqualTo(4 * MIB);
            driver.unmap(AT, 60 * MIB);
            assertThat(driver.memoryInfo().free()).isEqualTo(64 * MIB);
        }

        @Test
        void thatQueuedWorkUsesIsNotWaitedFor() throws Exception {
            memoryAt(AT, 2 * MIB);
            long stream = driver.createStream(1, 0);
            Hold busy = occupy(stream);
            driver.set(AT, 0, 1, 1, 10, 1, stream);
            driver.unmap(AT, 2 * MIB);
            busy.release();
            assertThat(code(() -> driver.synchronize(stream))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
        }
    }

    @Nested
    class Copies {
        @Test
        void toPageableMemoryHaveEndedAtTheReturn() throws Exception {
            long memory = driver.allocate(4);
            Hold busy = occupy(0);
            driver.set(memory, 0, 4, 99, 1, 1, 0);
            Thread.ofVirtual().start(busy::release);
            MemorySegment host = arena.allocate(4);
            driver.copyToHost(host.address(), memory, 4, 0);
            assertThat(host.get(ValueLayout.JAVA_INT, 0)).isEqualTo(99);
        }

        @Test
        void fromPageableMemoryAreReadAtOnceIfTheyAreSmall() throws Exception {
            long memory = driver.allocate(4 * MIB);
            MemorySegment host = arena.allocate(MIB);
            host.fill((byte) 1);
            Hold busy = occupy(0);
            driver.copyToDevice(memory, host.address(), 64 << 10, 0);
            driver.copy(memory + MIB, host.address(), MIB, 0);
            host.fill((byte) 2);
            busy.release();
            driver.synchronize(0);
            assertThat(value(memory)).isEqualTo(0x01010101);
            assertThat(value(memory + MIB)).isEqualTo(0x02020202);
        }

        @Test
        void betweenPageLockedMemoryAndTheDeviceAreAsynchronous() throws Exception {
            long memory = driver.allocate(4);
            long host = driver.allocateHost(8);
            Hold busy = occupy(0);
            driver.set(memory, 0, 2, 0x1ffff, 2, 1, 0);
            driver.copyToHost(host + 4, memory, 4, 0);
            driver.copyToDevice(memory, host, 4, 0);
            VirtualMemory.at(host, 4).set(ValueLayout.JAVA_INT, 0, 5);
            busy.release();
            driver.synchronize(0);
            assertThat(value(host + 4)).isEqualTo(-1);
            assertThat(value(memory)).isEqualTo(5);
        }

        @Test
        void ofRowsGoFromPitchToPitch() throws Exception {
            long memory = driver.allocate(4096);
            MemorySegment host = arena.allocate(4096);
            for (int i = 0; i < 4096; i++) {
                host.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 7));
            }
            driver.copy(new CudaDriver.Side(false, host.address(), 10, 10), new CudaDriver.Side(true, memory, 7, 3),
                    7, 3, 5, 0);
            driver.synchronize(0);
            for (int z = 0; z < 5; z++) {
                for (int y = 0; y < 3; y++) {
                    assertThat(VirtualMemory.at(memory + 21 * z + 7 * y, 7)
                                    .mismatch(host.asSlice(100 * z + 10 * y, 7)))
                            .isEqualTo(-1);
                }
            }
            assertThat(code(() -> driver.copy(new CudaDriver.Side(true, memory, 6, 3),
                    new CudaDriver.Side(true, memory, 7, 3), 7, 3, 5, 0))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.copy(new CudaDriver.Side(true, memory, 7, 2),
                    new CudaDriver.Side(true, memory, 7, 3), 7, 3, 5, 0))).isEqualTo(CudaResult.INVALID_VALUE);
        }

        @Test
        void outsideMemoryAreRefused() throws Exception {
            long memory = driver.allocate(4096);
            MemorySegment host = arena.allocate(8192);
            assertThat(code(() -> driver.copyToDevice(memory, host.address(), 4097, 0)))
                    .isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.copyToDevice(host.address(), memory, 4, 0)))
                    .isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.set(memory + 1, 0, 4, 0, 1, 1, 0))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.set(memory, 0, 4, 0, 1025, 1, 0))).isEqualTo(CudaResult.INVALID_VALUE);
            driver.registerHost(host.address(), 4096);
            assertThat(code(() -> driver.copyToDevice(memory, host.address() + 4000, 4096, 0)))
                    .isEqualTo(CudaResult.INVALID_VALUE);
        }

        @Test
        void ofRegisteredMemoryNeedItWhileTheyRun() throws Exception {
            MemorySegment host = arena.allocate(8192);
            driver.registerHost(host.address(), 8192);
            assertThat(code(() -> driver.registerHost(host.address() + 4096, 4096)))
                    .isEqualTo(CudaResult.HOST_MEMORY_ALREADY_REGISTERED);
            assertThat(code(() -> driver.registerHost(AT, 4096))).isEqualTo(CudaResult.INVALID_VALUE);
            driver.set(host.address(), 0, 1, 3, 100, 1, 0);
            driver.synchronize(0);
            assertThat(host.get(ValueLayout.JAVA_BYTE, 99)).isEqualTo((byte) 3);
            driver.unregisterHost(host.address());
            assertThat(code(() -> driver.unregisterHost(host.address())))
                    .isEqualTo(CudaResult.HOST_MEMORY_NOT_REGISTERED);
            assertThat(code(() -> driver.set(host.address(), 0, 1, 3, 100, 1, 0)))
                    .isEqualTo(CudaResult.INVALID_VALUE);
        }
    }

    @Nested
    class Streams {
        @Test
        void waitForTheLegacyStreamUnlessTheyAreNonBlocking() throws Exception {
            long blocking = driver.createStream(0, 0);
            long other = driver.createStream(1, 0);
            long memory = driver.allocate(4);
            Hold busy = occupy(0);
            driver.set(memory, 0, 1, 1, 1, 1, blocking);
            driver.set(memory, 0, 1, 2, 1, 1, other);
            driver.synchronize(other);
            assertThat(driver.isQuiet(other)).isTrue();
            assertThat(driver.isQuiet(blocking)).isFalse();
            busy.release();
            driver.synchronize(blocking);
            Hold busyToo = occupy(blocking);
            driver.set(memory, 0, 1, 1, 1, 1, 0);
            assertThat(driver.isQuiet(0)).isFalse();
            busyToo.release();
            driver.synchronize(0);
            assertThat(driver.isQuiet(blocking)).isTrue();
        }

        @Test
        void waitForEventsAsTheyWereRecorded() throws Exception {
            long first = driver.createStream(1, 0);
            long second = driver.createStream(1, 0);
            long event = driver.createEvent(0);
            driver.await(second, event);
            assertThat(driver.hasEnded(event)).isTrue();
            Hold busy = occupy(first);
            driver.record(event, first);
            assertThat(driver.hasEnded(event)).isFalse();
            driver.await(second, event);
            driver.destroyEvent(event);
            assertThat(driver.isQuiet(second)).isFalse();
            busy.release();
            driver.synchronize(second);
            assertThat(driver.isQuiet(first)).isTrue();
        }

        @Test
        void tellTheTimeBetweenEvents() throws Exception {
            long stream = driver.createStream(0, 0);
            long start = driver.createEvent(0);
            long end = driver.createEvent(0);
            long untimed = driver.createEvent(2);
            assertThat(code(() -> driver.elapsedMillis(start, end))).isEqualTo(CudaResult.INVALID_HANDLE);
            driver.record(start, stream);
            Hold busy = occupy(stream);
            driver.record(end, stream);
            driver.record(untimed, stream);
            assertThat(code(() -> driver.elapsedMillis(start, end))).isEqualTo(CudaResult.NOT_READY);
            Thread.sleep(20);
            busy.release();
            driver.synchronize(stream);
            assertThat(driver.elapsedMillis(start, end)).isBetween(20f, 10_000f);
            assertThat(driver.elapsedMillis(end, start)).isNegative();
            assertThat(code(() -> driver.elapsedMillis(start, untimed))).isEqualTo(CudaResult.INVALID_HANDLE);
        }

        @Test
        void thatAreDestroyedCompleteTheirWork() throws Exception {
            long stream = driver.createStream(0, 0);
            Hold busy = occupy(stream);
            driver.destroyStream(stream);
            assertThat(code(() -> driver.synchronize(stream))).isEqualTo(CudaResult.INVALID_HANDLE);
            assertThat(driver.isQuiet(0)).isFalse();
            busy.release();
            driver.synchronize(0);
        }

        @Test
        void waitForANumberCountedAroundTheEndOfTheNumbers() throws Exception {
            MemorySegment number = VirtualMemory.at(driver.allocateHost(4), 4);
            NUMBER.setVolatile(number, 0L, Integer.MAX_VALUE - 1);
            driver.awaitValue(0, number.address(), Integer.MIN_VALUE);
            assertThat(driver.isQuiet(0)).isFalse();
            NUMBER.setVolatile(number, 0L, Integer.MIN_VALUE + 1);
            driver.synchronize(0);
            driver.awaitValue(0, number.address(), Integer.MIN_VALUE);
            driver.synchronize(0);
            long memory = driver.allocate(4);
            assertThat(code(() -> driver.awaitValue(0, memory, 0))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.awaitValue(0, number.address() + 1, 0))).isEqualTo(CudaResult.INVALID_VALUE);
        }
    }

    @Nested
    class Kernels {
        @Test
        void areRunWithTheVariablesOfTheirModule() throws Exception {
            long module = module();
            long function = driver.function(module, "add");
            assertThat(driver.parameters(function))
                    .containsExactly(new CudaDriver.Parameter(0, 8), new CudaDriver.Parameter(8, 4));
            long memory = driver.allocate(4);
            driver.set(memory, 0, 4, 1, 1, 1, 0);
            driver.launch(function, 2, 1, 1, 32, 1, 1, 0, 0, parameters(memory, 3));
            driver.synchronize(0);
            assertThat(value(memory)).isEqualTo(1 + 64 * 3);
            CudaDriver.Variable counter = driver.variable(module, "counter");
            assertThat(counter.bytes()).isEqualTo(4);
            assertThat(value(counter.address())).isEqualTo(5 + 64);
            assertThat(code(() -> driver.variable(module, "other"))).isEqualTo(CudaResult.NOT_FOUND);
            assertThat(code(() -> driver.function(module, "other"))).isEqualTo(CudaResult.NOT_FOUND);
            driver.unloadModule(module);
            assertThat(code(() -> driver.launch(function, 1, 1, 1, 1, 1, 1, 0, 0, parameters(memory, 3))))
                    .isEqualTo(CudaResult.INVALID_HANDLE);
        }

        @Test
        void areDescribed() throws Exception {
            long function = driver.function(module(), "add");
            assertThat(driver.functionAttribute(function, 0)).isEqualTo(1024);
            assertThat(driver.functionAttribute(function, 8)).isEqualTo(48 << 10);
            driver.setFunctionAttribute(function, 8, 100 << 10);
            assertThat(driver.functionAttribute(function, 8)).isEqualTo(100 << 10);
            assertThat(code(() -> driver.setFunctionAttribute(function, 8, 228 << 10)))
                    .isEqualTo(CudaResult.INVALID_VALUE);
            byte[] parameters = parameters(driver.allocate(4), 0);
            driver.launch(function, 1, 1, 1, 1, 1, 1, 100 << 10, 0, parameters);
            assertThat(code(() -> driver.launch(function, 1, 1, 1, 1025, 1, 1, 0, 0, parameters)))
                    .isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.launch(function, 0, 1, 1, 1, 1, 1, 0, 0, parameters)))
                    .isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(code(() -> driver.launch(function, 1, 1, 1, 1, 1, 1, 0, 0, new byte[8])))
                    .isEqualTo(CudaResult.INVALID_VALUE);
        }

        @Test
        void thatAreNoPtxAreRefusedWithALog() {
            StringBuilder log = new StringBuilder();
            byte[] broken = (PTX + "nonsense\0").getBytes(StandardCharsets.US_ASCII);
            assertThat(code(() -> driver.loadModule(broken, log))).isEqualTo(CudaResult.INVALID_PTX);
            assertThat(log).startsWith("ptxas application ptx input, line 24; fatal   : ");
            byte[] unversioned = ".global\0".getBytes(StandardCharsets.US_ASCII);
            assertThat(code(() -> driver.loadModule(unversioned, log))).isEqualTo(CudaResult.INVALID_IMAGE);
            byte[] endless = PTX.getBytes(StandardCharsets.US_ASCII);
            assertThat(code(() -> driver.loadModule(endless, log))).isEqualTo(CudaResult.INVALID_IMAGE);
        }
    }

    @Nested
    class AFault {
        private long add;

        @BeforeEach
        void load() throws DriverException {
            add = driver.function(module(), "add");
        }

        private void fault() throws DriverException {
            driver.launch(add, 1, 1, 1, 1, 1, 1, 0, 0, parameters(AT, 1));
        }

        @Test
        void isGivenByEveryLaterFunctionAndDropsWork() throws Exception {
            long memory = driver.allocate(4);
            driver.set(memory, 0, 4, 1, 1, 1, 0);
            Hold busy = occupy(0);
            fault();
            driver.set(memory, 0, 4, 2, 1, 1, 0);
            busy.release();
            assertThat(code(() -> driver.synchronize(0))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            assertThat(value(memory)).isEqualTo(1);
            List<Function> functions = List.of(
                    () -> driver.isQuiet(0), () -> driver.createStream(0, 0), () -> driver.allocate(4),
                    () -> driver.free(memory), driver::memoryInfo, () -> driver.createEvent(0),
                    () -> driver.set(memory, 0, 4, 2, 1, 1, 0), () -> driver.createMemory(2 * MIB, 0),
                    () -> driver.reserve(AT, 2 * MIB), () -> driver.awaitValue(0, busy.number().address(), 1),
                    SimulatedDriverTest.this::module, () -> driver.freeHost(busy.number().address()));
            for (Function function : functions) {
                assertThat(code(function)).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            }
        }

        @Test
        void isOneOfAllContextsForGoodAndLeavesOnlyThatEverythingIsGivenBack() throws Exception {
            long other = driver.createContext(0, 0);
            long primary = driver.retainPrimaryContext(0);
            long handle = memoryAt(AT + 8 * MIB, 2 * MIB);
            fault();
            assertThat(code(() -> driver.synchronize(0))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            for (long each : new long[] {other, primary}) {
                driver.makeCurrent(each);
                assertThat(code(() -> driver.isQuiet(0))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
                assertThat(code(() -> driver.createStream(0, 0))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            }
            driver.makeCurrent(0);
            assertThat(code(() -> driver.createMemory(2 * MIB, 0))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            driver.unmap(AT + 8 * MIB, 2 * MIB);
            driver.releaseMemory(handle);
            driver.freeReservation(AT + 8 * MIB, 2 * MIB);
            driver.destroyContext(context);
            driver.destroyContext(other);
            driver.releasePrimaryContext(0);
            assertThat(driver.leaks()).isEmpty();
            assertThat(code(() -> driver.createContext(0, 0))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            assertThat(code(() -> driver.retainPrimaryContext(0))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
        }

        @Test
        void isNotOneOfAnotherProcess() throws Exception {
            fault();
            assertThat(code(() -> driver.synchronize(0))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
            try (SimulatedDriver another = new SimulatedDriver(64 * MIB)) {
                another.initialize();
                another.makeCurrent(another.createContext(0, 0));
                another.synchronize(0);
            }
        }

        @Test
        void stopsKernelsOfAllContexts() throws Exception {
            long other = driver.createContext(0, 0);
            driver.makeCurrent(other);
            long bad = driver.function(module(), "add");
            driver.makeCurrent(context);
            long memory = driver.allocate(4);
            driver.set(memory, 0, 4, 0, 1, 1, 0);
            long stream = driver.createStream(1, 0);
            driver.synchronize(0);
            driver.launch(driver.function(module(), "wait"), 1, 1, 1, 1, 1, 1, 0, stream, parameters(memory, 0));
            driver.makeCurrent(other);
            driver.launch(bad, 1, 1, 1, 1, 1, 1, 0, 0, parameters(AT, 1));
            driver.makeCurrent(context);
            assertThat(code(() -> driver.synchronize(stream))).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
        }
    }

    @Nested
    class WaitingForTheDevice {
        private Hold busy;
        private long other;

        /** Holds up a stream of another context. */
        @BeforeEach
        void occupyTheDevice() throws Exception {
            other = driver.createContext(0, 0);
            driver.makeCurrent(other);
            busy = occupy(driver.createStream(1, 0));
            driver.makeCurrent(context);
        }

        private CompletableFuture<Integer> waiting(Function function) throws InterruptedException {
            CompletableFuture<Integer> called = CompletableFuture.supplyAsync(() -> code(() -> {
                driver.makeCurrent(context);
                function.call();
            }), task -> Thread.ofPlatform().daemon().start(task));
            Thread.sleep(30);
            assertThat(called).isNotDone();
            return called;
        }

        private void waits(Function function) throws Exception {
            CompletableFuture<Integer> done = waiting(function);
            busy.release();
            assertThat(done.get(20, TimeUnit.SECONDS)).isEqualTo(CudaResult.SUCCESS);
        }

        @Test
        void isDoneByLoadingAModule() throws Exception {
            waits(SimulatedDriverTest.this::module);
        }

        @Test
        void isDoneByUnloadingAModule() throws Exception {
            busy.release();
            long module = module();
            occupyTheDevice();
            waits(() -> driver.unloadModule(module));
        }

        @Test
        void isDoneByFreeingMemory() throws Exception {
            long memory = driver.allocate(4);
            waits(() -> driver.free(memory));
        }

        @Test
        void isDoneByGivingUpPageLockedMemory() throws Exception {
            MemorySegment host = arena.allocate(4096);
            driver.registerHost(host.address(), 4096);
            waits(() -> driver.unregisterHost(host.address()));
        }

        @Test
        @Timeout(10)
        void isNotDoneByWhatMakesThings() throws Exception {
            memoryAt(AT, 2 * MIB);
            driver.unmap(AT, 2 * MIB);
            driver.allocate(4);
            driver.registerHost(arena.allocate(4096).address(), 4096);
            driver.synchronize(driver.createStream(0, 0));
            driver.createContext(0, 0);
            driver.createEvent(0);
            busy.release();
        }

        @Test
        void endsWithTheContextThatHasTheWork() throws Exception {
            CompletableFuture<Integer> load = waiting(SimulatedDriverTest.this::module);
            driver.destroyContext(other);
            assertThat(load.get(20, TimeUnit.SECONDS)).isEqualTo(CudaResult.SUCCESS);
        }

        @Test
        void endsWithAnErrorOfWork() throws Exception {
            busy.release();
            long add = driver.function(module(), "add");
            occupyTheDevice();
            CompletableFuture<Integer> load = waiting(SimulatedDriverTest.this::module);
            driver.launch(add, 1, 1, 1, 1, 1, 1, 0, 0, parameters(AT, 1));
            assertThat(load.get(20, TimeUnit.SECONDS)).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
        }
    }

    @Nested
    class Contexts {
        @Test
        void areNeededByThreadsOneByOne() throws Exception {
            AtomicInteger answer = new AtomicInteger(-1);
            Thread other = Thread.ofPlatform().start(() -> answer.set(code(() -> driver.createStream(0, 0))));
            other.join();
            assertThat(answer).hasValue(CudaResult.INVALID_CONTEXT);
            driver.makeCurrent(0);
            assertThat(code(() -> driver.synchronize(0))).isEqualTo(CudaResult.INVALID_CONTEXT);
            try (SimulatedDriver fresh = new SimulatedDriver(MIB)) {
                assertThat(code(fresh::devices)).isEqualTo(CudaResult.NOT_INITIALIZED);
            }
        }

        @Test
        void thatArePrimaryLiveUntilTheLastRelease() throws Exception {
            long primary = driver.retainPrimaryContext(0);
            assertThat(driver.retainPrimaryContext(0)).isEqualTo(primary);
            driver.makeCurrent(primary);
            long stream = driver.createStream(0, 0);
            driver.releasePrimaryContext(0);
            driver.synchronize(stream);
            driver.releasePrimaryContext(0);
            assertThat(code(() -> driver.synchronize(stream))).isEqualTo(CudaResult.CONTEXT_IS_DESTROYED);
            assertThat(code(() -> driver.releasePrimaryContext(0))).isEqualTo(CudaResult.INVALID_CONTEXT);
            assertThat(driver.retainPrimaryContext(0)).isNotEqualTo(primary);
        }

        @Test
        void doNotShareStreams() throws Exception {
            long stream = driver.createStream(0, 0);
            long other = driver.createContext(0, 0);
            driver.makeCurrent(other);
            long memory = driver.allocate(4);
            assertThat(code(() -> driver.set(memory, 0, 4, 0, 1, 1, stream))).isEqualTo(CudaResult.INVALID_HANDLE);
            driver.synchronize(stream);
            long event = driver.createEvent(0);
            assertThat(code(() -> driver.record(event, stream))).isEqualTo(CudaResult.INVALID_HANDLE);
        }

        @Test
        void abandonTheirWorkWhenTheyAreDestroyed() throws Exception {
            long memory = driver.allocate(4);
            driver.set(memory, 0, 4, 0, 1, 1, 0);
            driver.synchronize(0);
            driver.launch(driver.function(module(), "wait"), 1, 1, 1, 1, 1, 1, 0, 0, parameters(memory, 0));
            driver.destroyContext(context);
            assertThat(driver.leaks()).isEmpty();
        }
    }

    @Test
    void whatWasNotGivenBackIsTold() throws Exception {
        assertThat(driver.leaks()).containsExactly("context 0x50000010");
        memoryAt(AT, 2 * MIB);
        long memory = driver.allocate(100);
        long host = driver.allocateHost(100);
        MemorySegment own = arena.allocate(4096);
        driver.registerHost(own.address(), 4096);
        long stream = driver.createStream(0, 0);
        long event = driver.createEvent(0);
        long module = module();
        String own16 = Long.toHexString(own.address());
        assertThat(driver.leaks())
                .contains(
                        "context 0x50000010",
                        "reservation of 2097152 bytes at 0x300000000000",
                        "mapping of 2097152 bytes at 0x300000000000",
                        "memory of 2097152 bytes, handle 0x50000020",
                        "allocation of 100 bytes at 0x" + Long.toHexString(memory),
                        "page-locked memory of 100 bytes at 0x" + Long.toHexString(host),
                        "registration of 4096 bytes at 0x" + own16,
                        "stream 0x%x of context 0x50000010".formatted(stream),
                        "event 0x%x of context 0x50000010".formatted(event),
                        "module 0x%x of context 0x50000010".formatted(module))
                .hasSize(11);
        driver.destroyContext(context);
        assertThat(driver.leaks()).hasSize(3);
    }

    @Nested
    class AScript {
        private final ScriptedDriver script = new ScriptedDriver(driver);

        @Test
        void letsChosenCallsFail() throws Exception {
            script.fail("createStream", 2, CudaResult.OUT_OF_MEMORY);
            script.driver().createStream(0, 0);
            assertThat(code(() -> script.driver().createStream(0, 0))).isEqualTo(CudaResult.OUT_OF_MEMORY);
            script.driver().createStream(1, 0);
            script.failAlways("allocate", CudaResult.UNKNOWN);
            assertThat(code(() -> script.driver().allocate(1))).isEqualTo(CudaResult.UNKNOWN);
            assertThat(code(() -> script.driver().allocate(1))).isEqualTo(CudaResult.UNKNOWN);
            script.behave();
            assertThat(code(() -> script.driver().allocate(-1))).isEqualTo(CudaResult.INVALID_VALUE);
            assertThat(script.calls("createStream")).isEqualTo(3);
            assertThat(script.calls()).endsWith("createStream(1, 0)", "allocate(1)", "allocate(1)", "allocate(-1)");
        }

        @Test
        void holdsCallsUp() throws Exception {
            ScriptedDriver.Hold hold = script.hold("version");
            CountDownLatch done = new CountDownLatch(1);
            Thread caller = Thread.ofPlatform().start(() -> {
                assertThat(code(() -> script.driver().version())).isZero();
                done.countDown();
            });
            hold.await();
            assertThat(done.await(20, TimeUnit.MILLISECONDS)).isFalse();
            hold.release();
            caller.join();
            assertThat(done.getCount()).isZero();
        }

        @Test
        void knowsTheFunctions() {
            assertThat(catchThrowableOfType(IllegalArgumentException.class, () -> script.hold("malloc")))
                    .hasMessage("the driver has no function malloc");
        }
    }
}
