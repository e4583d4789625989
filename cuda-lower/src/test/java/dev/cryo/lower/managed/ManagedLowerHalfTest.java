package dev.cryo.lower.managed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import dev.cryo.streamlog.call.LowerHalf;
import dev.cryo.uvm.Handover;
import dev.cryo.uvm.Policy;
import dev.cryo.uvm.Span;
import dev.cryo.uvm.application.ShadowMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With a shadow of this process, copied eagerly: then each step of the protocol is one that can be seen. */
class ManagedLowerHalfTest {
    private static final Span SPACE = new Span(0x2900_0000_0000L, 1 << 24);
    private static final Span FIRST = new Span(SPACE.address(), 8192);
    private static final Span SECOND = new Span(SPACE.address() + (1 << 21), 4096);
    private static final long CONTEXT = 1;
    private static final long STREAM = 2;
    private static final Call.Launch LAUNCH = launch(STREAM);

    private final FakeUnifiedDevice device = new FakeUnifiedDevice();
    private final ManagedLowerHalf lower = new ManagedLowerHalf(device);

    @SuppressWarnings("NullAway.Init") // Set before each test.
    private ShadowMemory application;

    /** What came of a call. */
    private static final class Outcome implements LowerHalf.Reply {
        private int code = -1;

        @Override
        public void done(Record result) {
            code = 0;
        }

        @Override
        public void failed(int now) {
            code = now;
        }
    }

    private static Call.Launch launch(long stream) {
        return new Call.Launch(9, stream, 1, 1, 1, 1, 1, 1, 0, new byte[0]);
    }

    @BeforeEach
    void open() throws Exception {
        application = ShadowMemory.open(SPACE, Policy.EAGER);
        lower.application(ProcessHandle.current().pid());
        Handover handover = application.handover();
        assertThat(call(new Call.ManagedOpen(handover.memory(), -1, SPACE.address(), SPACE.bytes(), false, false)))
                .isZero();
    }

    @AfterEach
    void close() throws Exception {
        application.close();
        lower.close();
    }

    private int call(Call call) {
        return begin(call).code;
    }

    private Outcome begin(Call call) {
        Outcome outcome = new Outcome();
        lower.execute(call, outcome);
        return outcome;
    }

    private Outcome allocate(Span region) throws IOException {
        application.map(region);
        return begin(new Call.ManagedAlloc(region.address(), CONTEXT, region.bytes(), 1));
    }

    private static byte get(Span region) {
        return memory(region).get(ValueLayout.JAVA_BYTE, 0);
    }

    private static void set(Span region, int value) {
        memory(region).set(ValueLayout.JAVA_BYTE, 0, (byte) value);
    }

    private static MemorySegment memory(Span region) {
        return MemorySegment.ofAddress(region.address()).reinterpret(region.bytes());
    }

    private byte onDevice(Span region) {
        return device.memory(region.address()).get(ValueLayout.JAVA_BYTE, 0);
    }

    @Test
    void whatWasWrittenIsOnTheDeviceBeforeAnyWorkThatMayReadIt() throws Exception {
        allocate(FIRST);
        set(FIRST, 5);
        device.events.clear();

        lower.execute(LAUNCH, new Outcome());

        assertThat(device.events).containsSubsequence("write", "Launch", "follow", "read");
        assertThat(onDevice(FIRST)).isEqualTo((byte) 5);
    }

    @Test
    void workThatReachesEverythingLeavesAloneWhatTheDeviceHasNoMemoryForYet() throws Exception {
        allocate(FIRST);
        device.hold(Call.ManagedAlloc.class::isInstance);
        Outcome second = allocate(SECOND);

        assertThat(call(LAUNCH)).isZero();
        assertThat(second.code).isEqualTo(-1);
        device.answer();

        assertThat(second.code).isZero();
        set(SECOND, 7);
        assertThat(call(LAUNCH)).isZero();
        assertThat(onDevice(SECOND)).isEqualTo((byte) 7);
    }

    @Test
    void aRegionThatTheDeviceHasNoMemoryForIsNone() throws Exception {
        device.haveNoMemory();

        assertThat(allocate(FIRST).code).isEqualTo(CudaResult.OUT_OF_MEMORY);

        device.events.clear();
        assertThat(call(LAUNCH)).isZero();
        assertThat(device.events).containsExactly("Launch");
    }

    @Test
    void aRegionThatWasFreedOrWhoseContextHasEndedIsNotCopied() throws Exception {
        allocate(FIRST);
        allocate(SECOND);
        assertThat(call(new Call.ManagedFree(FIRST.address()))).isZero();
        assertThat(call(new Call.CtxDestroy(CONTEXT))).isZero();
        device.events.clear();

        assertThat(call(LAUNCH)).isZero();

        assertThat(device.events).containsExactly("Launch");
    }

    @Test
    void whatWorkHasDoneIsBroughtBackBehindItInItsStream() throws Exception {
        allocate(FIRST);
        device.beBusy();
        device.events.clear();
        lower.execute(LAUNCH, new Outcome());
        device.memory(FIRST.address()).set(ValueLayout.JAVA_BYTE, 0, (byte) 9);
        assertThat(get(FIRST)).isZero();

        device.answer();

        assertThat(get(FIRST)).isEqualTo((byte) 9);
        assertThat(device.events).containsExactly("write", "Launch", "follow", "read");
    }

    @Test
    void ofSeveralLaunchesOfAStreamTheLastBringsItBack() throws Exception {
        allocate(FIRST);
        device.beBusy();
        lower.execute(LAUNCH, new Outcome());
        lower.execute(LAUNCH, new Outcome());
        device.events.clear();

        device.answer();

        assertThat(device.events).containsExactly("read");
    }

    @Test
    void aModuleIsLoadedWhenTheApplicationCanSeeItsManagedVariables() throws Exception {
        allocate(FIRST);
        allocate(SECOND);
        set(SECOND, 2);
        device.hold(Call.ModuleLoadManaged.class::isInstance);
        Outcome load = begin(new Call.ModuleLoadManaged(7, CONTEXT, new byte[0], 0, 0, FIRST.address()));
        device.memory(FIRST.address()).set(ValueLayout.JAVA_BYTE, 0, (byte) 9);
        assertThat(load.code).isEqualTo(-1);
        device.events.clear();

        device.answer();

        assertThat(load.code).isZero();
        assertThat(get(FIRST)).isEqualTo((byte) 9);
        assertThat(get(SECOND)).isEqualTo((byte) 2);
        assertThat(device.events).containsExactly("read");
    }

    @Test
    void whileARegionIsOfOneStreamOthersWorkLeavesItAlone() throws Exception {
        allocate(FIRST);
        assertThat(call(new Call.ManagedAttach(FIRST.address(), STREAM, 4))).isZero();
        device.events.clear();

        lower.execute(launch(STREAM + 1), new Outcome());
        assertThat(device.events).doesNotContain("write");
        lower.execute(LAUNCH, new Outcome());
        assertThat(device.events).contains("write");

        assertThat(call(new Call.StreamDestroy(STREAM))).isZero();
        device.events.clear();
        lower.execute(launch(STREAM + 1), new Outcome());
        assertThat(device.events).contains("write");
    }

    /** Else that work's end would copy it back over what the application writes once its own stream is empty. */
    @Test
    void aStreamWaitsForTheWorkThatARegionIsTakenFrom() throws Exception {
        allocate(FIRST);
        device.beBusy();
        lower.execute(launch(STREAM + 1), new Outcome());
        device.events.clear();

        assertThat(call(new Call.ManagedAttach(FIRST.address(), STREAM, 4))).isZero();
        assertThat(device.events).containsExactly("ManagedAttach", "follow");

        device.answer();
        device.events.clear();
        assertThat(call(new Call.ManagedAttach(FIRST.address(), STREAM, 4))).isZero();
        assertThat(device.events).containsExactly("ManagedAttach");
    }

    @Test
    void aCaptureSendsWhatWasWrittenAndTheShadowIsTakenOverAgainAfterIt() throws Exception {
        allocate(FIRST);
        set(FIRST, 3);
        device.events.clear();

        assertThatThrownBy(lower::capture).hasMessage("this device cannot be captured");

        assertThat(device.events).containsExactly("write", "capture");
        assertThat(onDevice(FIRST)).isEqualTo((byte) 3);
        set(FIRST, 4);
        Handover handover = application.handover();
        assertThat(call(new Call.ManagedOpen(handover.memory(), -1, SPACE.address(), SPACE.bytes(), false, true)))
                .isZero();
        assertThat(onDevice(FIRST)).isEqualTo((byte) 4);
    }

    @Test
    void aShadowThatCannotBeTakenOverIsRefused() {
        var another = new ManagedLowerHalf(new FakeUnifiedDevice());
        another.application(ProcessHandle.current().pid());
        Outcome outcome = new Outcome();

        another.execute(new Call.ManagedOpen(9999, -1, SPACE.address(), SPACE.bytes(), false, false), outcome);

        assertThat(outcome.code).isEqualTo(CudaResult.OPERATING_SYSTEM);
    }

    @Test
    void aSecondRegionAtTheSameAddressIsADefect() throws Exception {
        allocate(FIRST);
        assertThatThrownBy(() -> begin(new Call.ManagedAlloc(FIRST.address(), CONTEXT, FIRST.bytes(), 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
