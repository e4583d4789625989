package dev.cryo.lower.nvidia;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.lower.contract.KernelRig;
import dev.cryo.lower.nvidia.driver.CudaDriver;
import dev.cryo.lower.nvidia.driver.DriverException;
import dev.cryo.lower.nvidia.simulated.ScriptedDriver;
import dev.cryo.lower.nvidia.simulated.SimulatedDriver;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Lets one call of each function of the driver fail, the first one, the second one and so on, while an application does
 * a little of everything. Every call must be answered, all work end, the device close and nothing be left behind.
 */
@Timeout(120)
class NvidiaEveryFailureTest {
    private static final long MIB = 1 << 20;
    private static final long STREAM = 10;
    private static final int MOST_CALLS = 30;

    /** Where one of these fails something is left behind, which nobody could help. */
    private static final Set<String> GIVING_BACK = Set.of(
            "unmap", "freeReservation", "releaseMemory", "free", "freeHost", "unregisterHost", "unloadModule",
            "destroyStream", "destroyEvent", "destroyContext", "releasePrimaryContext", "makeCurrent");

    static Stream<String> functions() {
        return Arrays.stream(CudaDriver.class.getMethods()).map(Method::getName).distinct().sorted();
    }

    @ParameterizedTest
    @MethodSource("functions")
    void aFailureLeavesNothingBehind(String function) throws Exception {
        for (int call = 1; call <= MOST_CALLS; call += 1 + call / 4) {
            if (!fails(function, call, CudaResult.UNKNOWN)) {
                break;
            }
        }
    }

    @ParameterizedTest
    @MethodSource("functions")
    void anErrorOfWorkThatItTellsLeavesNothingBehind(String function) throws Exception {
        for (int call = 1; call <= MOST_CALLS; call += 1 + call / 2) {
            if (!fails(function, call, CudaResult.ILLEGAL_ADDRESS)) {
                break;
            }
        }
    }

    /** Returns whether there was such a call. */
    private static boolean fails(String function, int call, int code) throws Exception {
        AtomicInteger failed = new AtomicInteger();
        String what = function + ", call " + call;
        try (SimulatedDriver simulated = new SimulatedDriver(FailureRig.BYTES)) {
            ScriptedDriver script = new ScriptedDriver(simulated);
            script.before(function, call, failed::incrementAndGet);
            script.fail(function, call, code);
            useADevice(script.driver(), code, what);
            assertThat(simulated.misuses()).as(what).isEmpty();
            if (!GIVING_BACK.contains(function)) {
                assertThat(simulated.leaks()).as(what).isEmpty();
            }
        }
        return failed.get() > 0;
    }

    private static void useADevice(CudaDriver driver, int code, String what) throws Exception {
        NvidiaDevice device;
        try {
            device = NvidiaDevice.open(driver, CaptureMethod.AUTO);
        } catch (DriverException e) {
            assertThat(e.code()).as(what).isEqualTo(code);
            return;
        }
        DeviceRig rig = new DeviceRig(device);
        try {
            doALittleOfEverything(rig);
            assertThat(device.drain(Duration.ofSeconds(10))).isEmpty();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(what, e);
        } finally {
            rig.close();
        }
    }

    private static void doALittleOfEverything(DeviceRig rig) throws Exception {
        int code = rig.code(new Call.CtxCreate(DeviceRig.CONTEXT, DeviceRig.DEFAULT, 0, 0, false));
        rig.code(new Call.DeviceInfo(0));
        rig.code(new Call.StreamCreate(STREAM, DeviceRig.CONTEXT, 1, 0));
        rig.code(new Call.CtxSetLimit(DeviceRig.CONTEXT, 0, 2048));
        rig.code(new Call.CtxSetConfig(DeviceRig.CONTEXT, 0, 1));
        rig.code(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 3 * MIB));
        rig.code(new Call.MemMap(DeviceRig.BASE + 16 * MIB, DeviceRig.CONTEXT, MIB));
        rig.code(KernelRig.load());
        rig.code(KernelRig.get("count"));
        rig.code(KernelRig.get("mix"));
        rig.code(new Call.FuncSetAttribute(KernelRig.id("mix"), 9, 50));
        for (int i = 0; i < 3; i++) {
            rig.code(new Call.EventCreate(20 + i, DeviceRig.CONTEXT, 0));
            rig.code(new Call.MemSet(STREAM, DeviceRig.BASE, 1024, 4, i, 16, 100));
            rig.code(new Call.MemWrite(STREAM, DeviceRig.BASE, new byte[1000]));
            rig.code(new Call.Copy(STREAM, Call.Place.linear(Call.Space.STAGING, 64 * i),
                    Call.Place.linear(Call.Space.DEVICE, DeviceRig.BASE + MIB), 64, 1, 1));
            rig.code(new Call.Copy(STREAM, new Call.Place(Call.Space.DEVICE, DeviceRig.BASE, 100, 1001),
                    new Call.Place(Call.Space.DEVICE, DeviceRig.BASE + 2 * MIB, 50, 1000), 30, 10, 3));
            byte[] parameters = ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(DeviceRig.BASE + 8)
                    .array();
            rig.code(new Call.Launch(KernelRig.id("count"), DeviceRig.DEFAULT, 1, 1, 1, 1, 1, 1, 0, parameters));
            rig.code(new Call.EventRecord(20 + i, STREAM));
            rig.code(new Call.StreamWait(DeviceRig.DEFAULT, 20 + i));
        }
        rig.code(new Call.EventSync(21));
        rig.code(new Call.StreamQuery(STREAM));
        rig.code(new Call.EventElapsed(20, 22));
        rig.code(new Call.MemInfo(DeviceRig.CONTEXT));
        if (code == CudaResult.SUCCESS) {
            rig.device.follow(STREAM, () -> {});
        }
        try (Arena arena = Arena.ofShared()) {
            MemorySegment host = arena.allocate(8192, 4096);
            int allocated = rig.code(new Call.HostAlloc(host.address(), DeviceRig.CONTEXT, 8192, 0, 3));
            rig.code(new Call.Copy(STREAM, Call.Place.linear(Call.Space.DEVICE, DeviceRig.BASE),
                    Call.Place.linear(Call.Space.HOST, host.address()), 8192, 1, 1));
            rig.code(new Call.StreamSync(STREAM));
            pages(rig, arena);
            capture(rig, arena);
            rig.code(new Call.MemUnmap(DeviceRig.BASE + 16 * MIB));
            rig.code(new Call.MemMap(DeviceRig.BASE + 17 * MIB, DeviceRig.CONTEXT, 2 * MIB));
            rig.code(new Call.EventDestroy(20));
            rig.code(new Call.StreamDestroy(STREAM));
            rig.code(new Call.ModuleUnload(KernelRig.MODULE));
            if (allocated == CudaResult.SUCCESS) {
                rig.code(new Call.HostFree(host.address()));
            }
            rig.code(new Call.CtxSync(DeviceRig.CONTEXT));
            rig.code(new Call.CtxDestroy(DeviceRig.CONTEXT));
            // Whatever came before: a new context works, or is refused.
            rig.code(new Call.CtxCreate(DeviceRig.CONTEXT, DeviceRig.DEFAULT, 0, 0, true));
            rig.code(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, MIB));
            rig.code(new Call.MemSet(DeviceRig.DEFAULT, DeviceRig.BASE, 0, 1, 1, MIB, 1));
            rig.code(new Call.CtxSync(DeviceRig.CONTEXT));
        }
    }

    private static void pages(DeviceRig rig, Arena arena) {
        MemorySegment buffer = arena.allocate(100_000);
        try {
            rig.device.pages().write(DeviceRig.BASE, buffer.fill((byte) 3));
            MemorySegment unused = rig.device.pages().read(DeviceRig.BASE, 100_000, buffer);
        } catch (IOException | RuntimeException e) {
            assertThat(e).isNotNull(); // What a failure has kept from being there cannot be read.
        }
    }

    private static void capture(DeviceRig rig, Arena arena) throws InterruptedException {
        assertThat(rig.device.drain(Duration.ofSeconds(10))).isEmpty();
        try (LowerHalf.Capture capture = rig.device.capture()) {
            for (LowerHalf.Range range : capture.ranges()) {
                capture.read(range.address(), arena.allocate(range.bytes()));
            }
        } catch (IOException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
    }
}
