package dev.cryo.lower.ptx.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cryo.lower.ptx.GlobalInfo;
import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.PtxModule;
import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CudaResult;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ManagedVariablesTest {
    private static final long GLOBALS = 0x1800_0000_0000L;
    private static final long AT = 0x2800_0000_0000L;
    private static final int MODULE = 10;
    private static final int KERNEL = 11;

    /** As nvcc writes them. */
    private static final String TEXT = """
            .version 9.0
            .target sm_75
            .address_size 64
            .global .attribute(.managed) .align 4 .u32 counter = 7;
            .global .align 4 .u32 plain = 3;
            .visible .global .attribute(.managed) .align 16 .b8 table[20] = {0, 0, 192, 63, 1};
            .global .attribute(.managed) .align 8 .u64 to_plain = generic(plain);
            .global .align 8 .u64 to_table = generic(table)+4;
            .visible .entry k(.param .u32 amount) {
                .reg .b32 %r<4>;
                ld.param.u32 %r1, [amount];
                atom.global.add.u32 %r2, [counter], %r1;
                ld.global.u32 %r3, [plain];
                st.global.u32 [table+16], %r3;
                ret;
            }
            """;

    private DeviceRig rig;

    @BeforeEach
    void open() throws Exception {
        rig = new DeviceRig();
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    private static byte[] text() {
        return TEXT.getBytes(StandardCharsets.US_ASCII);
    }

    private long load() {
        long bytes = rig.call(new Call.ModuleMeasure(DeviceRig.CONTEXT, text())).managedBytes();
        rig.call(new Call.ManagedAlloc(AT, DeviceRig.CONTEXT, bytes, 1));
        return rig.call(new Call.ModuleLoadManaged(MODULE, DeviceRig.CONTEXT, text(), GLOBALS, 0, AT)).globalsBytes();
    }

    @Test
    void theyAreLaidOutApartFromTheOthers() throws PtxException {
        PtxModule module = PtxModule.parse(TEXT);
        assertThat(module.globals())
                .containsExactly(
                        new GlobalInfo("counter", false, true, 0, 4, 4),
                        new GlobalInfo("plain", false, false, 0, 4, 4),
                        new GlobalInfo("table", false, true, 16, 20, 16),
                        new GlobalInfo("to_plain", false, true, 40, 8, 8),
                        new GlobalInfo("to_table", false, false, 8, 8, 8));
        assertThat(module.managedBytes()).isEqualTo(48);
        assertThat(module.globalsBytes()).isEqualTo(16);
        assertThat(PtxModule.managedBytes(text())).isEqualTo(48);
    }

    @Test
    void otherAttributesAndPlacesAreRefused() {
        for (String declaration : new String[] {
            ".global .attribute(.unified(1,2)) .u32 x;", ".const .attribute(.managed) .u32 x;",
            ".shared .attribute(.managed) .u32 x;", ".global .attribute .u32 x;", ".global .attribute(.managed .u32 x;"
        }) {
            assertThatThrownBy(() -> PtxModule.parse(".version 9.0 .target sm_75 .address_size 64 " + declaration))
                    .isInstanceOf(PtxException.class);
        }
    }

    @Test
    void theyHaveTheirFirstValuesAndKernelsChangeThem() {
        assertThat(load()).isEqualTo(16);
        Call.GlobalGet.Result counter = rig.call(new Call.GlobalGet(MODULE, "counter"));
        assertThat(counter).isEqualTo(new Call.GlobalGet.Result(AT, 4));
        Call.GlobalGet.Result table = rig.call(new Call.GlobalGet(MODULE, "table"));
        assertThat(table).isEqualTo(new Call.GlobalGet.Result(AT + 16, 20));
        assertThat(DeviceRig.peek(AT, 4).get(ValueLayout.JAVA_INT, 0)).isEqualTo(7);
        assertThat(DeviceRig.peek(AT + 16, 20).get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(1.5f);
        long plain = rig.call(new Call.GlobalGet(MODULE, "plain")).address();
        assertThat(DeviceRig.peek(AT + 40, 8).get(ValueLayout.JAVA_LONG, 0)).isEqualTo(plain);
        assertThat(DeviceRig.peek(plain + 8, 8).get(ValueLayout.JAVA_LONG, 0)).isEqualTo(AT + 20);

        rig.call(new Call.FunctionGet(KERNEL, MODULE, "k"));
        byte[] five = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(5).array();
        rig.queue(new Call.Launch(KERNEL, DeviceRig.DEFAULT, 1, 1, 1, 2, 1, 1, 0, five));
        rig.call(new Call.StreamSync(DeviceRig.DEFAULT));
        assertThat(DeviceRig.peek(AT, 4).get(ValueLayout.JAVA_INT, 0)).isEqualTo(17);
        assertThat(DeviceRig.peek(AT + 16, 20).get(ValueLayout.JAVA_INT, 16)).isEqualTo(3);
    }

    @Test
    void theirMemoryOutlivesTheModule() {
        load();
        rig.queue(new Call.ModuleUnload(MODULE));
        rig.call(new Call.CtxSync(DeviceRig.CONTEXT));
        assertThat(DeviceRig.peek(AT, 4).get(ValueLayout.JAVA_INT, 0)).isEqualTo(7);
        rig.queue(new Call.ManagedFree(AT));
        assertThat(rig.code(new Call.CtxSync(DeviceRig.CONTEXT))).isEqualTo(CudaResult.SUCCESS);
    }

    @Test
    void withoutMemoryForThemTheModuleIsNotLoaded() {
        assertThat(rig.code(new Call.ModuleLoad(MODULE, DeviceRig.CONTEXT, text(), GLOBALS, 0)))
                .isEqualTo(CudaResult.INVALID_VALUE);
        assertThat(rig.code(new Call.ModuleLoadManaged(MODULE, DeviceRig.CONTEXT, text(), GLOBALS, 0, AT)))
                .isEqualTo(CudaResult.INVALID_VALUE);
        byte[] broken = ".global".getBytes(StandardCharsets.US_ASCII);
        assertThat(rig.code(new Call.ModuleMeasure(DeviceRig.CONTEXT, broken))).isEqualTo(CudaResult.INVALID_PTX);
    }

    /** As a replay needs it, which writes what an image has for zeros only where something else could be. */
    @Test
    void zerosAreWrittenOverFirstValues() {
        load();
        rig.device.writeZeros(AT, 4096);
        assertThat(DeviceRig.peek(AT, 4).get(ValueLayout.JAVA_INT, 0)).isZero();
    }
}
