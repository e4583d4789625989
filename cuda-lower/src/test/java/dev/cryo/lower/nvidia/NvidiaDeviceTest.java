package dev.cryo.lower.nvidia;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.lower.contract.KernelRig;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.nvidia.simulated.ScriptedDriver;
import dev.cryo.lower.nvidia.simulated.SimulatedDriver;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.Call.Place;
import dev.cryo.streamlog.call.Call.Space;
import dev.cryo.streamlog.call.CudaResult;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is special about a device over a driver: how it uses the driver. */
@Timeout(60)
class NvidiaDeviceTest {
    private static final long MIB = 1 << 20;
    private static final long STREAM = 10;
    private static final int NON_BLOCKING = 1;

    private SimulatedDriver simulated;
    private ScriptedDriver script;
    private DeviceRig rig;

    @BeforeEach
    void open() throws Exception {
        simulated = new SimulatedDriver(256 * MIB);
        script = new ScriptedDriver(simulated);
        rig = DeviceRig.withContext(NvidiaDevice.open(script.driver(), CaptureMethod.AUTO));
        rig.queue(new Call.StreamCreate(STREAM, DeviceRig.CONTEXT, NON_BLOCKING, 0));
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
        try (SimulatedDriver driver = simulated) {
            assertThat(driver.leaks()).isEmpty();
        }
        assertThat(simulated.misuses()).isEmpty();
    }

    private void drain() throws InterruptedException {
        assertThat(rig.device.drain(Duration.ofSeconds(10))).isEmpty();
    }

    @Test
    void mayBeClosedWhileCodeBehindItsWorkEnds() throws Exception {
        for (int i = 0; i < 50; i++) {
            rig.device.follow(STREAM, () -> {});
            rig.device.follow(DeviceRig.DEFAULT, () -> {});
            close();
            open();
        }
    }

    @Nested
    class Memory {
        @Test
        void thatIsFreedAndWantedAgainIsAskedOfTheDriverOnce() throws Exception {
            for (int i = 0; i < 5; i++) {
                long memory = rig.map(0, 3 * MIB);
                rig.queue(new Call.MemUnmap(memory));
                drain();
            }
            assertThat(script.calls("createMemory")).isEqualTo(1);
            assertThat(script.calls("unmap")).isZero();
        }

        @Test
        void thatIsKeptForLaterCountsAsFreeAndIsGivenBackWhereItIsShort() throws Exception {
            Call.MemInfo.Result before = rig.call(new Call.MemInfo(DeviceRig.CONTEXT));
            long memory = rig.map(0, 40 * MIB);
            rig.queue(new Call.MemUnmap(memory));
            drain();
            assertThat(rig.call(new Call.MemInfo(DeviceRig.CONTEXT))).isEqualTo(before);
            rig.map(64 * MIB, before.free() / (2 * MIB) * (2 * MIB));
            assertThat(script.calls("unmap")).isEqualTo(1);
        }

        @Test
        void thatLiesWhereWorkStillUsesMemoryIsAnsweredWhenThatHasEndedAndNotAllElseWaits() throws Exception {
            long memory = rig.map(0, 2 * MIB);
            DeviceRig.Hold hold = rig.hold(STREAM);
            rig.queue(new Call.MemSet(STREAM, memory, 0, 1, 7, 2 * MIB, 1));
            rig.queue(new Call.MemUnmap(memory));
            CompletableFuture<DeviceRig.Outcome> again =
                    rig.start(new Call.MemMap(memory + MIB, DeviceRig.CONTEXT, 4 * MIB));
            long other = rig.map(16 * MIB, MIB);
            rig.queue(new Call.MemSet(DeviceRig.DEFAULT, other, 0, 1, 5, MIB, 1));
            assertThat(rig.download(DeviceRig.DEFAULT, other, 10)).containsOnly(5);
            assertThat(again).isNotDone();
            hold.close();
            assertThat(rig.code(again)).isEqualTo(CudaResult.SUCCESS);
        }

        @Test
        void thatIsWaitedForIsRefusedWhenItsContextEnds() {
            rig.call(new Call.CtxCreate(3, 4, 0, 0, false));
            long memory = rig.map(0, 2 * MIB);
            DeviceRig.Hold hold = rig.hold(STREAM);
            rig.queue(new Call.MemUnmap(memory));
            CompletableFuture<DeviceRig.Outcome> waiting = rig.start(new Call.MemMap(memory, 3, MIB));
            CompletableFuture<DeviceRig.Outcome> ended = rig.start(new Call.CtxDestroy(3));
            assertThat(waiting).isNotDone();
            hold.close();
            assertThat(rig.code(waiting)).isEqualTo(CudaResult.CONTEXT_IS_DESTROYED);
            assertThat(rig.code(ended)).isEqualTo(CudaResult.SUCCESS);
            rig.map(0, 2 * MIB);
        }

        @Test
        void isCopiedAsIfByWayOfABufferWhereLinesOverlap() {
            long memory = rig.map(0, 12 * MIB);
            byte[] data = new byte[(int) (3 * MIB)];
            new Random(3).nextBytes(data);
            rig.upload(STREAM, memory, data);
            for (long distance : new long[] {13, MIB + 1, 2 * MIB}) {
                move(STREAM, memory, memory + distance, data.length);
                assertThat(rig.download(STREAM, memory + distance, data.length)).isEqualTo(data);
                move(DeviceRig.DEFAULT, memory + distance, memory, data.length);
                assertThat(rig.download(DeviceRig.DEFAULT, memory, data.length)).isEqualTo(data);
            }
            move(STREAM, memory, memory, data.length);
            assertThat(rig.download(STREAM, memory, data.length)).isEqualTo(data);
        }

        @Test
        void isCopiedByStreamsThatShareTheBufferOneAfterTheOther() {
            rig.queue(new Call.StreamCreate(11, DeviceRig.CONTEXT, NON_BLOCKING, 0));
            long first = rig.map(0, 8 * MIB);
            long second = rig.map(16 * MIB, 8 * MIB);
            byte[] data = new byte[(int) (3 * MIB)];
            new Random(4).nextBytes(data);
            rig.upload(STREAM, first, data);
            byte[] others = data.clone();
            others[0]++;
            rig.upload(11, second, others);
            for (int i = 1; i <= 20; i++) {
                move(STREAM, first + i - 1, first + i, data.length);
                move(11, second + i - 1, second + i, data.length);
            }
            assertThat(rig.download(STREAM, first + 20, data.length)).isEqualTo(data);
            assertThat(rig.download(11, second + 20, data.length)).isEqualTo(others);
        }

        private void move(long stream, long from, long to, long bytes) {
            rig.queue(new Call.Copy(
                    stream, Place.linear(Space.DEVICE, from), Place.linear(Space.DEVICE, to), bytes, 1, 1));
        }

        @Test
        void ofStagingIsRegisteredAgainWhenTheContextEndsThatItWasRegisteredIn() throws Exception {
            rig.call(new Call.CtxCreate(3, 4, 0, 0, false));
            rig.call(new Call.CtxDestroy(DeviceRig.CONTEXT));
            drain();
            assertThat(script.calls()).filteredOn(call -> call.startsWith("registerHost(")).hasSize(2);
            assertThat(script.calls("unregisterHost")).isEqualTo(1);
        }

        /** The driver may wait for kernels when it gives it up. */
        @Test
        void ofStagingThatIsGivenUpHoldsNoCallUp() throws Exception {
            ScriptedDriver.Hold hold = script.hold("unregisterHost");
            CompletableFuture<DeviceRig.Outcome> destroyed = rig.start(new Call.CtxDestroy(DeviceRig.CONTEXT));
            hold.await();
            rig.call(new Call.CtxCreate(3, 4, 0, 0, false));
            rig.call(new Call.StreamSync(4));
            assertThat(destroyed).isNotDone();
            hold.release();
            assertThat(rig.code(destroyed)).isEqualTo(CudaResult.SUCCESS);
            assertThat(script.calls()).filteredOn(call -> call.startsWith("registerHost(")).hasSize(2);
        }

        @Test
        void thatIsUnifiedIsRefusedInTheApplicationsProcess() throws Exception {
            rig.close();
            rig = DeviceRig.withContext(NvidiaDevice.openInProcess(script.driver(), CaptureMethod.AUTO));
            assertThat(rig.code(new Call.ManagedAlloc(0x2800_0000_0000L, DeviceRig.CONTEXT, MIB, 1)))
                    .isEqualTo(CudaResult.NOT_SUPPORTED);
            assertThat(rig.call(new Call.DeviceInfo(0)).attributes()[83]).isZero();
        }
    }

    @Nested
    class Waiting {
        @Test
        void costsNoEventWhereWorkHasEnded() {
            rig.call(new Call.StreamSync(STREAM));
            rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
            assertThat(script.calls("record")).isZero();
        }

        @Test
        void leavesNoEventsBehindHoweverOftenItIsDone() throws Exception {
            rig.queue(new Call.EventCreate(20, DeviceRig.CONTEXT, 0));
            for (int i = 0; i < 100; i++) {
                try (DeviceRig.Hold hold = rig.hold(STREAM)) {
                    rig.queue(new Call.EventRecord(20, STREAM));
                    CompletableFuture<DeviceRig.Outcome> event = rig.start(new Call.EventSync(20));
                    CompletableFuture<DeviceRig.Outcome> stream = rig.start(new Call.StreamSync(STREAM));
                    hold.close();
                    assertThat(rig.code(event)).isZero();
                    assertThat(rig.code(stream)).isZero();
                }
            }
            assertThat(script.calls("createEvent")).isLessThanOrEqualTo(6);
        }
    }

    /** Functions in which a driver waits for kernels. */
    @Nested
    class WhatWaitsForKernels {
        private static final Set<String> FUNCTIONS =
                Set.of("loadModule", "unloadModule", "free", "freeHost", "unregisterHost");

        private final Set<String> called = ConcurrentHashMap.newKeySet();
        private final Set<String> callers = ConcurrentHashMap.newKeySet();

        private Object note(Method method, Object @Nullable [] arguments) throws Throwable {
            if (FUNCTIONS.contains(method.getName())) {
                called.add(method.getName());
                callers.add(Thread.currentThread().getName().replaceAll("\\d+", "N"));
            }
            try {
                return method.invoke(script.driver(), arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }

        @Test
        void isDoneByWorkersAlone() throws Exception {
            rig.close();
            CudaDriver driver = (CudaDriver) Proxy.newProxyInstance(CudaDriver.class.getClassLoader(),
                    new Class<?>[] {CudaDriver.class}, (proxy, method, arguments) -> note(method, arguments));
            rig = DeviceRig.withContext(NvidiaDevice.open(driver, CaptureMethod.AUTO));
            KernelRig unused = new KernelRig(rig);
            byte[] broken = ".version 7.5\n.target sm_75\n.address_size 64\n.global\n"
                    .getBytes(StandardCharsets.US_ASCII);
            assertThat(rig.code(new Call.ModuleMeasure(DeviceRig.CONTEXT, broken))).isEqualTo(CudaResult.INVALID_PTX);
            script.fail("copyToDevice", 1, CudaResult.UNKNOWN);
            assertThat(rig.code(new Call.ModuleLoad(50, DeviceRig.CONTEXT, KernelRig.ptx(), KernelRig.GLOBALS, 0)))
                    .isEqualTo(CudaResult.UNKNOWN);
            long memory = rig.map(0, MIB);
            rig.queue(new Call.Copy(DeviceRig.DEFAULT, Place.linear(Space.DEVICE, memory),
                    Place.linear(Space.DEVICE, memory + 8), 1000, 1, 1));
            rig.device.follow(DeviceRig.DEFAULT, () -> {});
            DeviceRig.Hold hold = rig.hold(DeviceRig.DEFAULT);
            rig.queue(new Call.ModuleUnload(KernelRig.MODULE));
            hold.close();
            drain();
            rig.call(new Call.CtxDestroy(DeviceRig.CONTEXT));
            drain();
            assertThat(called).containsExactlyInAnyOrderElementsOf(FUNCTIONS);
            assertThat(callers).containsExactly("cryo device worker N");
        }
    }

    @Nested
    class CodeBehindWork {
        @Test
        void runsOnceAndHoldsUpWhatComesLaterEvenIfItWaitsForThatOfAnotherStream() throws Exception {
            rig.queue(new Call.StreamCreate(11, DeviceRig.CONTEXT, NON_BLOCKING, 0));
            CountDownLatch other = new CountDownLatch(1);
            AtomicInteger runs = new AtomicInteger();
            rig.device.follow(STREAM, () -> {
                try {
                    assertThat(other.await(20, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                runs.incrementAndGet();
            });
            assertThat(rig.code(new Call.StreamQuery(STREAM))).isEqualTo(CudaResult.NOT_READY);
            rig.device.follow(11, other::countDown);
            rig.call(new Call.StreamSync(STREAM));
            assertThat(runs).hasValue(1);
        }

        @Test
        void isWaitedForBeforeTheDriverWouldWaitForIt() throws Exception {
            long memory = rig.map(0, MIB);
            DeviceRig.Hold hold = rig.hold(STREAM);
            AtomicInteger runs = new AtomicInteger();
            rig.device.follow(STREAM, runs::incrementAndGet);
            rig.device.awaitRoom();
            assertThat(runs).hasValue(0);
            for (int i = 0; i < 400; i++) {
                rig.queue(new Call.MemSet(STREAM, memory, 0, 1, i, 16, 1));
            }
            Thread.ofVirtual().start(() -> {
                try {
                    Thread.sleep(50);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                hold.close();
            });
            rig.device.awaitRoom();
            assertThat(runs).hasValue(1);
        }
    }

    @Test
    void aDriverThatIsTooOldOrCannotPlaceMemoryIsRefusedByName() throws Exception {
        try (SimulatedDriver driver = new SimulatedDriver(MIB)) {
            assertThatThrownBy(() -> NvidiaDevice.open(with(driver, "version", 12010), CaptureMethod.AUTO))
                    .isInstanceOf(DriverException.class)
                    .hasMessage("the CUDA driver is one for CUDA 12.1, and cryo needs one for CUDA 12.2 or later");
            assertThatThrownBy(() -> NvidiaDevice.open(with(driver, "devices", 0), CaptureMethod.AUTO))
                    .isInstanceOf(DriverException.class)
                    .hasMessage("the CUDA driver finds no device");
            assertThatThrownBy(() -> NvidiaDevice.open(with(driver, "attribute", 0), CaptureMethod.AUTO))
                    .isInstanceOf(DriverException.class)
                    .hasMessageEndingWith("cannot place memory at chosen addresses (attribute 41)");
        }
    }

    /** A driver of which one function gives another answer. */
    private static CudaDriver with(CudaDriver driver, String function, int answer) {
        return (CudaDriver) Proxy.newProxyInstance(
                CudaDriver.class.getClassLoader(),
                new Class<?>[] {CudaDriver.class},
                (proxy, method, arguments) ->
                        method.getName().equals(function) ? answer : method.invoke(driver, arguments));
    }
}
