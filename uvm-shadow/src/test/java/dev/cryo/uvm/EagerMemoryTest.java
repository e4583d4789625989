package dev.cryo.uvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.linux.VirtualMemory;
import dev.cryo.uvm.device.Access;
import dev.cryo.uvm.device.ManagedMemory;
import dev.cryo.uvm.device.Reach;
import dev.cryo.uvm.model.Rig;
import dev.cryo.uvm.model.Step;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EagerMemoryTest {
    private Rig rig;
    private Span region;

    @BeforeEach
    void start() throws Exception {
        rig = Rig.start(Policy.EAGER);
        region = rig.region(0, 3000);
    }

    @AfterEach
    void stop() throws Exception {
        rig.close();
    }

    private long cell(long page) {
        return region.address() + page * VirtualMemory.PAGE_BYTES;
    }

    @Test
    void kernelsAndApplicationSeeEachOthersWritesAtSynchronisations() {
        Rig.set(cell(2999), 20);

        rig.run(new Step(cell(1), cell(2999), 2, 1));

        assertThat(Rig.get(cell(1))).isEqualTo(41);
    }

    @Test
    void workOfAnotherStreamIsLeftAlone() throws Exception {
        Span other = rig.region(4000, 1);
        rig.device().launchAtDoor(new Access(2, Reach.NOTHING, Reach.of(other)), List.of(Step.set(other.address(), 7)));

        Rig.set(cell(0), 1);
        rig.device().launch(
                new Access(1, Reach.NOTHING, Reach.of(region)), List.of(new Step(cell(0), cell(0), 1, 1)), 0);
        rig.device().sync(1);

        assertThat(Rig.get(cell(0))).isEqualTo(2);
        assertThat(Rig.get(other.address())).isZero();
        rig.device().openDoor();
        rig.device().sync(2);
        assertThat(Rig.get(other.address())).isEqualTo(7);
    }

    @Test
    void aLaunchThatWritesAPartKeepsWhatTheApplicationWroteElsewhere() {
        Rig.set(cell(5), 5);

        rig.device().launch(
                new Access(1, Reach.NOTHING, Reach.of(new Span(cell(6), 8))), List.of(Step.set(cell(6), 6)), 0);
        rig.device().sync(1);

        assertThat(List.of(Rig.get(cell(5)), Rig.get(cell(6)))).containsExactly(5L, 6L);
    }

    @Test
    void workGoesOnWhileTheDeviceHasNoMemoryForANewRegionYet() throws Exception {
        Span fresh = new Span(region.end() + (1 << 30), VirtualMemory.PAGE_BYTES);
        rig.shadow().map(fresh);
        rig.device().add(fresh, ManagedMemory.Origin.FRESH);

        rig.run(Step.set(cell(1), 1));
        rig.device().arrive(fresh);
        Rig.set(fresh.address(), 41);
        rig.run(new Step(fresh.address(), fresh.address(), 1, 1));

        assertThat(List.of(Rig.get(cell(1)), Rig.get(fresh.address()))).containsExactly(1L, 42L);
        rig.free(fresh);
    }

    @Test
    void suspensionKeepsWhatIsWrittenMeanwhile() throws Exception {
        rig.run(Step.set(cell(1), 1));

        rig.suspendAndResume(() -> Rig.set(cell(2), 2));
        rig.run(new Step(cell(3), cell(2), 1, 1));

        assertThat(List.of(Rig.get(cell(1)), Rig.get(cell(2)), Rig.get(cell(3)))).containsExactly(1L, 2L, 3L);
    }
}
