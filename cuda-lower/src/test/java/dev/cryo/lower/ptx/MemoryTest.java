package dev.cryo.lower.ptx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cryo.lower.ptx.memory.MemoryMap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Accesses of all widths and spaces, and what happens to wrong ones. */
class MemoryTest {
    private static final String HEADER = ".version 8.0\n.target sm_75\n.address_size 64\n"
            + ".visible .entry k(.param .u64 A)\n{\n"
            + ".reg .u64 a, o, g; .reg .u32 t, x, y; .reg .b16 h; .reg .u64 w; .reg .pred p;\n"
            + "ld.param.u64 a, [A]; mov.u32 t, %tid.x;\n";

    private final Device device = new Device();

    @AfterEach
    void close() {
        device.close();
    }

    private KernelFault fault(String body, Dim3 grid, Dim3 block, MemorySegment a) throws Exception {
        LoadedKernel kernel = device.kernel(HEADER + body + "\nret;\n}\n", "k");
        KernelFault fault = catchThrowableOfType(KernelFault.class, () -> device.run(kernel, grid, block, 0, a));
        assertThat(fault).isNotNull();
        return fault;
    }

    @Test
    void aLoadBeyondTheEndIsIllegal() throws Exception {
        MemorySegment a = device.ints(new int[100]);
        KernelFault fault = fault("mad.wide.u32 a, t, 4, a;\nld.global.u32 x, [a+8];\nadd.u32 x, x, 1;\n"
                + "st.global.u32 [a], x;", new Dim3(1), new Dim3(128), a);
        assertThat(fault.code()).isEqualTo(700);
        assertThat(fault.place()).isEqualTo(
                new KernelFault.Place("k", 9, "ld.global.u32", new Dim3(0, 0, 0), new Dim3(98, 0, 0)));
        assertThat(fault.address()).isEqualTo(a.address() + 400);
        assertThat(fault).hasMessage("kernel k: illegal address 0x" + Long.toHexString(a.address() + 400)
                + " at line 9 (ld.global.u32), block (0,0,0), thread (98,0,0)");
    }

    @Test
    void aStoreByOneThreadOfOneBlockIsFound() throws Exception {
        MemorySegment a = device.ints(new int[100]);
        KernelFault fault = fault("mov.u32 x, %ctaid.y; setp.ne.u32 p, x, 2; @p bra OUT;\n"
                + "mov.u32 y, %tid.y; add.u32 y, y, t; setp.ne.u32 p, y, 9; @p bra OUT;\nst.global.u32 [a+-4], t;\n"
                + "OUT:", new Dim3(1, 4), new Dim3(4, 8), a);
        assertThat(fault.place()).isEqualTo(
                new KernelFault.Place("k", 10, "st.global.u32", new Dim3(0, 2, 0), new Dim3(3, 6, 0)));
        assertThat(fault.address()).isEqualTo(a.address() - 4);
    }

    @Test
    void misalignedAccessesAreFaultsOfTheirOwn() throws Exception {
        MemorySegment a = device.ints(new int[1000]);
        KernelFault fault = fault("mad.wide.u32 a, t, 2, a;\nld.global.u32 x, [a];\nst.global.u32 [a], x;",
                new Dim3(1), new Dim3(32), a);
        assertThat(fault.code()).isEqualTo(716);
        assertThat(fault.kind()).isEqualTo(KernelFault.Kind.MISALIGNED_ADDRESS);
        assertThat(fault.place().thread()).isEqualTo(new Dim3(1, 0, 0));
        fault = fault("ld.global.v4.u32 {x, x, x, x}, [a+8];", new Dim3(1), new Dim3(1), a);
        assertThat(fault.code()).isEqualTo(716);
    }

    @Test
    void sharedAndLocalMemoryHaveBounds() throws Exception {
        MemorySegment a = device.ints(new int[10]);
        KernelFault fault = fault(".shared .b8 s[64];\nmul.lo.u32 x, t, 4;\nst.shared.u32 [x], t;", new Dim3(1),
                new Dim3(32), a);
        assertThat(fault).hasMessage("kernel k: illegal address 0x40 at line 10 (st.shared.u32), block (0,0,0), "
                + "thread (16,0,0): outside the 64 bytes of shared memory");
        fault = fault(".local .b8 s[16];\nmul.wide.u32 o, t, 4;\nld.local.u32 x, [o];\nst.global.u32 [a], x;",
                new Dim3(1), new Dim3(32), a);
        assertThat(fault.place().thread()).isEqualTo(new Dim3(4, 0, 0));
        assertThat(fault.address()).isEqualTo(16);
    }

    @Test
    void trapsAreLaunchFailures() throws Exception {
        KernelFault fault = fault("setp.ne.u32 p, t, 5;\n@p bra OUT;\ntrap;\nOUT:", new Dim3(1), new Dim3(32),
                device.ints(0));
        assertThat(fault.code()).isEqualTo(719);
        assertThat(fault).hasMessage("kernel k: trap at line 10 (trap), block (0,0,0), thread (5,0,0)");
    }

    @Test
    void aNegativeRegisterPlusAnOffsetIsAGoodSharedAddress() throws Exception {
        MemorySegment a = device.ints(new int[64]);
        device.run(device.kernel(HEADER + ".shared .b8 s[256];\nmad.lo.u32 x, t, 4, -64;\nst.shared.u32 [x+64], t;\n"
                + "bar.sync 0;\nld.shared.u32 y, [x+64];\nxor.b32 x, t, 1;\nmad.lo.u32 x, x, 4, -64;\n"
                + "ld.shared.u32 x, [x+64];\nmad.lo.u32 x, x, 100, y;\nmad.wide.u32 a, t, 4, a;\n"
                + "st.global.u32 [a], x;\nret;\n}\n", "k"), 1, 64, a);
        for (int i = 0; i < 64; i++) {
            assertThat(a.getAtIndex(ValueLayout.JAVA_INT, i)).isEqualTo((i ^ 1) * 100 + i);
        }
    }

    @Test
    void rowsMaySpanSeveralAllocations() throws Exception {
        MemorySegment both = device.ints(new int[128]);
        device.map().remove(both.address());
        device.map().add(both.address(), 256);
        device.map().add(both.address() + 256, 256);
        device.run(device.kernel(HEADER + "mad.wide.u32 a, t, 4, a;\nld.global.u32 x, [a];\nadd.u32 x, x, t;\n"
                + "st.global.u32 [a], x;\nret;\n}\n", "k"), 1, 128, both);
        for (int i = 0; i < 128; i++) {
            assertThat(both.getAtIndex(ValueLayout.JAVA_INT, i)).isEqualTo(i);
        }
    }

    @Test
    void genericAddressesReachEverySpace() throws Exception {
        MemorySegment a = device.ints(new int[64]);
        device.run(device.kernel(HEADER + ".shared .align 8 .b8 s[256];\n.local .align 8 .b8 l[8];\n"
                + "mul.wide.u32 o, t, 4;\ncvta.shared.u64 g, s;\nadd.u64 g, g, o;\nst.u32 [g], t;\nbar.sync 0;\n"
                + "xor.b32 x, t, 1;\nmul.wide.u32 w, x, 4;\nld.shared.u32 x, [s+0];\ncvta.shared.u64 g, s;\n"
                + "add.u64 g, g, w;\nld.u32 x, [g];\ncvta.local.u64 g, l;\nst.u32 [g+4], x;\nld.local.u32 y, [l+4];\n"
                + "add.u64 a, a, o;\nst.u32 [a], y;\nret;\n}\n", "k"), 1, 64, a);
        for (int i = 0; i < 64; i++) {
            assertThat(a.getAtIndex(ValueLayout.JAVA_INT, i)).isEqualTo(i ^ 1);
        }
    }

    @Test
    void vectorsAndNarrowTypesKeepTheirSigns() throws Exception {
        MemorySegment a = device.allocate(1024);
        for (int i = 0; i < 256; i++) {
            a.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 37));
        }
        device.run(device.kernel(HEADER + ".reg .b16 q<4>; .reg .s32 i<4>;\nmad.wide.u32 g, t, 4, a;\n"
                + "ld.global.v4.u8 {q0, q1, q2, q3}, [g];\nst.global.v4.u8 [g+256], {q3, q2, q1, q0};\n"
                + "ld.global.s8 i0, [g+1];\nmad.wide.u32 w, t, 4, a;\nst.global.u32 [w+512], i0;\n"
                + "ld.global.s16 h, [g+2];\ncvt.s32.s16 i1, h;\nst.global.u32 [w+768], i1;\nret;\n}\n", "k"), 1, 64, a);
        for (int i = 0; i < 64; i++) {
            for (int j = 0; j < 4; j++) {
                assertThat(a.get(ValueLayout.JAVA_BYTE, 256 + 4 * i + j)).isEqualTo((byte) ((4 * i + 3 - j) * 37));
            }
            assertThat(a.get(ValueLayout.JAVA_INT, 512 + 4 * i)).isEqualTo((byte) ((4 * i + 1) * 37));
            short pair = (short) ((4 * i + 2) * 37 & 255 | (4 * i + 3) * 37 << 8);
            assertThat(a.get(ValueLayout.JAVA_INT, 768 + 4 * i)).isEqualTo(pair);
        }
    }

    @Test
    void theMapRefusesWhatOverlapsOrIsUnknown() {
        MemoryMap map = new MemoryMap();
        map.add(0x1000, 0x100);
        map.add(0x1100, 0x100);
        assertThatThrownBy(() -> map.add(0x11ff, 2)).hasMessage("0x11ff + 2 overlaps a live allocation");
        assertThatThrownBy(() -> map.add(0xfff, 2)).hasMessage("0xfff + 2 overlaps a live allocation");
        assertThatThrownBy(() -> map.remove(0x1001)).hasMessage("no allocation begins at 0x1001");
        assertThat(map.find(0x10ff)).isEqualTo(new MemoryMap.Allocation(0x1000, 0x100));
        map.remove(0x1000);
        assertThat(map.find(0x10ff)).isNull();
        assertThat(map.find(0x1100)).isEqualTo(new MemoryMap.Allocation(0x1100, 0x100));
        assertThat(map.find(0x1200)).isNull();
    }
}
