package dev.cryo.lower.managed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.lower.contract.DeviceRig;
import dev.cryo.lower.ptx.device.PtxDevice;
import dev.cryo.streamlog.call.Call;
import dev.cryo.uvm.Span;
import dev.cryo.uvm.device.Access;
import dev.cryo.uvm.device.Reach;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReachesTest {
    private static final long BASE = 0x2800_0000_0000L;
    private static final long SLAB = 2 << 20;
    private static final Span FIRST = new Span(BASE, SLAB);
    private static final Span SECOND = new Span(BASE + SLAB, 8192);
    private static final int COPY = 20;
    private static final int CHASE = 21;
    private static final int COUNT = 22;
    private static final Span VARIABLES = new Span(BASE + 2 * SLAB, 4096);
    private static final String WITH_VARIABLES = """
            .version 7.0
            .target sm_70
            .address_size 64
            .global .attribute(.managed) .align 4 .u32 counter = 7;
            .visible .entry count(.param .u64 from, .param .u64 to) {
                .reg .b64 %rd<3>;
                .reg .b32 %r<3>;
                ld.param.u64 %rd1, [from];
                ld.global.u32 %r1, [%rd1];
                atom.global.add.u32 %r2, [counter], %r1;
                ret;
            }
            """;
    private static final String MODULE = """
            .version 7.0
            .target sm_70
            .address_size 64
            .visible .entry copy(.param .u64 from, .param .u64 to) {
                .reg .b64 %rd<3>;
                .reg .b32 %r<2>;
                ld.param.u64 %rd1, [from];
                ld.param.u64 %rd2, [to];
                ld.global.u32 %r1, [%rd1];
                st.global.u32 [%rd2], %r1;
                ret;
            }
            .visible .entry chase(.param .u64 head, .param .u64 sum) {
                .reg .b64 %rd<4>;
                .reg .b32 %r<2>;
                ld.param.u64 %rd1, [head];
                ld.param.u64 %rd3, [sum];
                ld.global.u64 %rd2, [%rd1];
                ld.global.u32 %r1, [%rd2];
                st.global.u32 [%rd3], %r1;
                ret;
            }
            """;

    private DeviceRig rig;
    private final Allocations allocations = new Allocations();
    private Reaches reaches;

    @BeforeEach
    void loadTheKernels() throws Exception {
        rig = DeviceRig.withContext(new PtxDevice(1L << 30));
        byte[] text = MODULE.getBytes(StandardCharsets.US_ASCII);
        rig.call(new Call.ModuleLoad(10, DeviceRig.CONTEXT, text, 0x1800_0000_0000L, 0));
        rig.call(new Call.FunctionGet(COPY, 10, "copy"));
        rig.call(new Call.FunctionGet(CHASE, 10, "chase"));
        allocations.add(new Call.ManagedAlloc(FIRST.address(), DeviceRig.CONTEXT, FIRST.bytes(), 1));
        allocations.add(new Call.ManagedAlloc(SECOND.address(), DeviceRig.CONTEXT, SECOND.bytes() - 1, 1));
        rig.call(new Call.MemMap(DeviceRig.BASE, DeviceRig.CONTEXT, 4096));
        reaches = new Reaches(rig.device, allocations);
    }

    @Test
    void aKernelThatNamesManagedVariablesReachesThoseOfItsModule() {
        Call.ManagedAlloc memory = new Call.ManagedAlloc(VARIABLES.address(), DeviceRig.CONTEXT, 4, 1);
        rig.call(memory);
        allocations.add(memory);
        byte[] text = WITH_VARIABLES.getBytes(StandardCharsets.US_ASCII);
        Call.ModuleLoadManaged load = new Call.ModuleLoadManaged(
                11, DeviceRig.CONTEXT, text, 0x1800_0000_0000L, 0, VARIABLES.address());
        assertThat(reaches.of(load)).isEqualTo(new Access(11, Reach.NOTHING, Reach.of(VARIABLES)));
        rig.call(load);
        rig.call(new Call.FunctionGet(COUNT, 11, "count"));
        assertThat(launch(COUNT, FIRST.address(), SECOND.address()))
                .isEqualTo(new Access(
                        DeviceRig.DEFAULT, new Reach.Only(List.of(VARIABLES, FIRST)), Reach.of(VARIABLES)));
        assertThat(launch(COPY, FIRST.address(), VARIABLES.address() + 3).writes()).isEqualTo(Reach.of(VARIABLES));
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    private Access launch(int kernel, long first, long second) {
        ByteBuffer parameters = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        parameters.putLong(first).putLong(second);
        return reaches.of(
                new Call.Launch(kernel, DeviceRig.DEFAULT, 1, 1, 1, 1, 1, 1, 0, parameters.array()));
    }

    @Test
    void aKernelReachesTheRegionsThatItsParametersPointInto() {
        Access access = launch(COPY, FIRST.address() + 100, SECOND.address() + 4);
        assertThat(access).isEqualTo(new Access(DeviceRig.DEFAULT, Reach.of(FIRST), Reach.of(SECOND)));
    }

    @Test
    void aPointerToTheEndOfARegionReachesItAndItsNeighbour() {
        Access access = launch(COPY, DeviceRig.BASE, FIRST.end());
        assertThat(access.reads()).isEqualTo(Reach.NOTHING);
        assertThat(access.writes()).isEqualTo(new Reach.Only(List.of(SECOND, FIRST)));
    }

    @Test
    void aPointerAmongRegionsThatIsInNoneReachesAll() {
        assertThat(launch(COPY, BASE + 100 * SLAB, 0).reads()).isEqualTo(Reach.ALL);
        assertThat(launch(COPY, BASE - 4, 0).reads()).isEqualTo(Reach.ALL);
    }

    @Test
    void otherMemoryReachesNothing() {
        Access access = launch(COPY, DeviceRig.BASE, DeviceRig.BASE + 4);
        assertThat(access).isEqualTo(new Access(DeviceRig.DEFAULT, Reach.NOTHING, Reach.NOTHING));
        assertThat(launch(COPY, 0, 0)).isEqualTo(access);
    }

    @Test
    void aNumberThatMayBecomeAPointerReachesAll() {
        assertThat(launch(COPY, DeviceRig.BASE, ~FIRST.address()).writes()).isEqualTo(Reach.ALL);
        assertThat(launch(COPY, FIRST.address() | 1L << 60, DeviceRig.BASE).reads()).isEqualTo(Reach.ALL);
        assertThat(launch(COPY, 1000, DeviceRig.BASE).reads()).isEqualTo(Reach.ALL);
    }

    @Test
    void aKernelThatFollowsPointersReachesAllByThem() {
        Access access = launch(CHASE, DeviceRig.BASE, SECOND.address() + 4);
        assertThat(access).isEqualTo(new Access(DeviceRig.DEFAULT, Reach.ALL, Reach.of(SECOND)));
    }

    @Test
    void anUnknownKernelReachesAll() {
        assertThat(launch(99, 0, 0)).isEqualTo(new Access(DeviceRig.DEFAULT, Reach.ALL, Reach.ALL));
    }

    @Test
    void aCopyReachesFromItsFirstByteToItsLast() {
        Call.Place source = new Call.Place(Call.Space.DEVICE, BASE + 16, 100, 1000);
        Call.Place target = Call.Place.linear(Call.Space.STAGING, BASE);
        Access access = reaches.of(new Call.Copy(DeviceRig.DEFAULT, source, target, 10, 3, 2));
        Reach expected = Reach.of(new Span(BASE + 16, 1210));
        assertThat(access).isEqualTo(new Access(DeviceRig.DEFAULT, expected, Reach.NOTHING));
    }

    @Test
    void aSetOfOtherMemoryReachesNothingAndOneOfAnImpossibleSizeAll() {
        assertThat(reaches.of(new Call.MemSet(DeviceRig.DEFAULT, DeviceRig.BASE, 0, 4, 0, 1 << 20, 1)).writes())
                .isEqualTo(Reach.NOTHING);
        assertThat(reaches.of(new Call.MemSet(DeviceRig.DEFAULT, BASE, 0, 4, 0, Long.MAX_VALUE, 1)).writes())
                .isEqualTo(Reach.ALL);
    }
}
