package dev.cryo.upper.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.upper.cuda.UnifiedMemory;
import dev.cryo.uvm.Policy;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(30)
class ShadowPagesTest {
    private static final long AT = UnifiedMemory.SPACE;
    private static final long BYTES = 4 * VirtualMemory.PAGE_BYTES;

    private RingRig rig;

    @BeforeEach
    void start() throws IOException {
        rig = RingRig.start();
    }

    @AfterEach
    void end() throws IOException {
        VirtualMemory.unmap(AT, BYTES);
        rig.close();
    }

    private ShadowPages mapped(Policy policy) throws IOException {
        ShadowPages pages = new ShadowPages(rig.ring(), policy);
        pages.map(AT, BYTES);
        return pages;
    }

    private static void assertIsUserfaultfd(int descriptor) throws IOException {
        assertThat(Files.readSymbolicLink(descriptor(descriptor)).toString()).isEqualTo("anon_inode:[userfaultfd]");
    }

    private static Path descriptor(int number) {
        return Path.of("/proc/self/fd", Integer.toString(number));
    }

    @Test
    void anApplicationWithoutUnifiedMemoryHandsNothingOver() throws Exception {
        ShadowPages pages = new ShadowPages(rig.ring(), Policy.PAGES);

        pages.open();
        pages.unmap(AT, BYTES);
        pages.suspend();
        pages.resume();

        assertThat(rig.device().calls()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void theLowerHalfIsGivenWhatThePolicySays(Policy policy) throws Exception {
        RingRig.assumeFaults();

        mapped(policy).open();

        Call.ManagedOpen given = rig.shadows().getFirst();
        assertThat(Files.readSymbolicLink(descriptor(given.memory())).toString())
                .startsWith("/memfd:cryo-shadow");
        if (policy == Policy.EAGER) {
            assertThat(given.faults()).isEqualTo(-1);
        } else {
            assertIsUserfaultfd(given.faults());
        }
        boolean wholeRegions = policy == Policy.REGIONS;
        assertThat(rig.shadows())
                .containsExactly(new Call.ManagedOpen(
                        given.memory(),
                        given.faults(),
                        UnifiedMemory.SPACE,
                        UnifiedMemory.SPACE_BYTES,
                        wholeRegions,
                        false));
    }

    @Test
    void theShadowIsHandedOverOnce() throws Exception {
        ShadowPages pages = mapped(Policy.PAGES);
        pages.open();
        pages.open();
        assertThat(rig.shadows()).hasSize(1);
    }

    @Test
    void aRegionIsPlainSharedMemoryUntilItIsUnmapped() throws Exception {
        ShadowPages pages = mapped(Policy.PAGES);
        VirtualMemory.at(AT, BYTES).set(ValueLayout.JAVA_LONG, 8, 42);
        assertThatThrownBy(() -> pages.map(AT, BYTES)).hasMessageEndingWith("the address range is in use");

        pages.unmap(AT, BYTES);
        pages.map(AT, BYTES);

        assertThat(VirtualMemory.at(AT, BYTES).get(ValueLayout.JAVA_LONG, 8)).isEqualTo(42);
    }

    @Test
    void whereTheProxyCannotTakeThePageFaultsAllIsCopied() throws Exception {
        RingRig.assumeFaults();
        rig.device().refuseShadows(1);
        ShadowPages pages = mapped(Policy.PAGES);

        pages.open();

        assertThat(rig.shadows()).hasSize(2);
        Call.ManagedOpen refused = rig.shadows().getFirst();
        assertThat(rig.shadows().getLast())
                .isEqualTo(new Call.ManagedOpen(
                        refused.memory(), -1, refused.space(), refused.spaceBytes(), false, false));
        assertThat(descriptor(refused.faults())).doesNotExist();
        pages.open();
        assertThat(rig.shadows()).hasSize(2);
    }

    @Test
    void aLowerHalfThatCannotHaveThePagesEitherIsAnErrorAndIsAskedAgain() throws Exception {
        RingRig.assumeFaults();
        rig.device().refuseShadows(3);
        ShadowPages pages = mapped(Policy.PAGES);

        for (int shadows = 2; shadows <= 3; shadows++) {
            assertThatThrownBy(pages::open)
                    .isInstanceOf(IOException.class)
                    .hasMessage("the lower half cannot have the application's shadow pages");
            assertThat(rig.shadows()).hasSize(shadows);
        }

        pages.open();
        assertThat(rig.shadows().getLast().faults()).isEqualTo(-1);
    }

    @Test
    void aSuspendedShadowHoldsNoUserfaultfdAndIsHandedOverAnewAsWritten() throws Exception {
        RingRig.assumeFaults();
        ShadowPages pages = mapped(Policy.REGIONS);
        pages.open();
        Call.ManagedOpen before = rig.shadows().getFirst();

        pages.suspend();
        assertThat(descriptor(before.faults())).doesNotExist();
        assertThatThrownBy(() -> pages.unmap(AT, BYTES))
                .hasMessage("cannot unmap " + BYTES + " bytes at 0x" + Long.toHexString(AT)
                        + ": shadow memory is suspended");
        pages.resume();

        Call.ManagedOpen after = rig.shadows().getLast();
        assertIsUserfaultfd(after.faults());
        assertThat(after)
                .isEqualTo(new Call.ManagedOpen(
                        before.memory(), after.faults(), before.space(), before.spaceBytes(), true, true));
        pages.open();
        assertThat(rig.shadows()).hasSize(2);
    }

    @Test
    void afterACheckpointOfTheDeviceAloneTheSameDescriptorsAreHandedOver() throws Exception {
        ShadowPages pages = mapped(Policy.PAGES);
        pages.open();
        Call.ManagedOpen before = rig.shadows().getFirst();

        pages.resume();

        assertThat(rig.shadows())
                .containsExactly(
                        before,
                        new Call.ManagedOpen(
                                before.memory(), before.faults(), before.space(), before.spaceBytes(), false, true));
    }

    @Test
    void pageFaultsAreTriedAgainAfterAHostDumpAndGivenUpAgain() throws Exception {
        RingRig.assumeFaults();
        rig.device().refuseShadows(1);
        ShadowPages pages = mapped(Policy.PAGES);
        pages.open();

        pages.resume();
        assertThat(rig.shadows()).extracting(Call.ManagedOpen::faults).endsWith(-1, -1);
        pages.suspend();
        rig.device().refuseShadows(1);
        pages.resume();

        assertThat(rig.shadows()).hasSize(5);
        assertThat(rig.shadows().get(3).faults()).isNotNegative();
        assertThat(rig.shadows().getLast().faults()).isEqualTo(-1);
        assertThat(rig.shadows().getLast().written()).isTrue();
    }

    @Test
    void eagerShadowsStayEagerThroughAHostDump() throws Exception {
        ShadowPages pages = mapped(Policy.EAGER);
        pages.open();
        pages.suspend();
        pages.resume();
        assertThat(rig.shadows()).extracting(Call.ManagedOpen::faults).containsExactly(-1, -1);
        assertThat(rig.shadows()).extracting(Call.ManagedOpen::written).containsExactly(false, true);
    }

    @Test
    void theHandoverPassesAClosedGate() throws Exception {
        ShadowPages pages = mapped(Policy.PAGES);
        pages.open();
        rig.ring().closeGate();
        assertThat(rig.ring().awaitQuiet(Duration.ofSeconds(5))).isTrue();

        pages.resume();

        assertThat(rig.shadows()).hasSize(2);
        rig.ring().openGate();
    }

    @Test
    void withoutAProxyTheHandoverFails() throws Exception {
        ShadowPages pages = mapped(Policy.PAGES);
        rig.ring().lost();
        assertThatThrownBy(pages::open).hasMessage("the lower half cannot have the application's shadow pages");
        assertThat(rig.device().calls()).isEmpty();
    }
}
